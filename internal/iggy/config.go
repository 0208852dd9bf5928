package iggy

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/engine/retry"
	"github.com/iggy-flow/iggy-flow/internal/iggy/v08"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// Config says which server a client talks to, as whom, and how patiently. Zero values of the durations and of MaxReply stand
// for their defaults.
type Config struct {
	Addresses   []string // host:port; those behind the first are tried when it cannot be reached
	Credentials Credentials
	TLS         *TLS // nil talks without

	DialTimeout time.Duration // of connecting and logging in at one address; 10 s
	Timeout     time.Duration // from a request to its answer; 30 s. A connection that is slower is given up
	Heartbeat   time.Duration // a connection idle for so long is pinged; 5 s, negative for never
	MaxReply    int           // bytes of one answer; 256 MiB

	Retry retry.Config // of connecting, and of requests that are safe to repeat; the zero Config is retry.Defaults
	Log   *slog.Logger // told of every attempt that is repeated; may be nil
	Codec wire.Codec   // the protocol; that of server 0.8 when nil
}

// Credentials are a user name with a password, or a personal access token. Files are read at every login, so that what they
// hold may change; surrounding white space is not part of it.
type Credentials struct {
	Username     string
	Password     dsl.Secret
	PasswordFile string
	Token        dsl.Secret // wins over the user name
	TokenFile    string
}

// TLS says how the server proves who it is. There is no way to leave that out.
type TLS struct {
	CAFile     string // PEM; the system's authorities when empty
	ServerName string // in the server's certificate; the host of the address when empty
}

func (c Config) withDefaults() Config {
	c.DialTimeout = cmp.Or(c.DialTimeout, 10*time.Second)
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	c.Heartbeat = cmp.Or(c.Heartbeat, 5*time.Second)
	c.MaxReply = cmp.Or(c.MaxReply, 256<<20)
	if c.Retry == (retry.Config{}) {
		c.Retry = retry.Defaults()
	}
	if c.Codec == nil {
		c.Codec = v08.Codec{}
	}
	return c
}

// check reports what no server can help with.
func (c Config) check() error {
	if len(c.Addresses) == 0 {
		return &Error{Op: "connect", Field: "address", Cause: errors.New("no address is given")}
	}
	for _, a := range c.Addresses {
		if _, _, err := net.SplitHostPort(a); err != nil {
			return &Error{Op: "connect to " + a, Field: "address", Cause: errors.New("expected host:port, such as 127.0.0.1:8090")}
		}
	}
	k := c.Credentials
	if k.Token.IsZero() && k.TokenFile == "" && k.Username == "" {
		return &Error{Op: "connect to " + c.Addresses[0], Field: "username", Cause: errors.New("neither a user name nor a token is given")}
	}
	return nil
}

// login is the request that logs in with what the credentials hold at this moment, and how to speak of them.
func (k Credentials) login(version string) (r wire.Request, as, field string, err error) {
	if !k.Token.IsZero() || k.TokenFile != "" {
		token, err := secret(k.Token, k.TokenFile, "token_file")
		return &wire.TokenLogin{Token: token}, "with a personal access token", "token", err
	}
	password, err := secret(k.Password, k.PasswordFile, "password_file")
	return &wire.Login{Username: k.Username, Password: password, Version: version}, fmt.Sprintf("as %q", k.Username), "password", err
}

// secret is s, or what the file holds when s is absent.
func secret(s dsl.Secret, file, field string) (string, error) {
	if !s.IsZero() || file == "" {
		return s.Reveal(), nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", &Error{Op: "log in", Field: field, Cause: err}
	}
	text := strings.TrimSpace(string(data))
	if text == "" {
		return "", &Error{Op: "log in", Field: field, Cause: fmt.Errorf("%s is empty", file)}
	}
	return text, nil
}
