package iggybroker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/iggy-flow/iggy-flow/internal/iggybroker/access"
)

// Command is a broker as a program of its own.
type Command struct {
	Address            string
	Data               string        // a temporary directory when empty
	Username, Password string        // of the root user; without a password a new directory gets a random one
	CertFile, KeyFile  string        // PEM; without them plain TCP
	Fsync              []string      // STREAM/TOPIC, or all
	SegmentBytes       int64         // 0: the default
	Heartbeat          time.Duration // see Options
}

const banner = `iggy-flow broker: a development server on one node, for tests and for trying things out; not for production
`

// OptionError says what is wrong with a Command.
type OptionError struct{ err error }

// Error says it.
func (e OptionError) Error() string { return e.err.Error() }

// Unwrap gives the cause.
func (e OptionError) Unwrap() error { return e.err }

func wrong(format string, args ...any) error { return OptionError{fmt.Errorf(format, args...)} }

// Run serves until ctx ends. It tells out where, and how to log in.
func (c Command) Run(ctx context.Context, out io.Writer, log *slog.Logger) (err error) {
	o, err := c.options(log)
	if err != nil {
		return err
	}
	if c.Data == "" {
		if o.Data, err = os.MkdirTemp("", "iggy-flow-broker-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(o.Data)) }()
	}
	s, err := Open(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := c.checkLogin(s); err != nil {
		return err
	}
	if _, err := io.WriteString(out, banner+c.describe(s)+"ready; SIGINT or SIGTERM stops it\n"); err != nil {
		return err
	}
	if err := s.Serve(ctx); err != nil {
		return err
	}
	if c.Data != "" {
		_, err = fmt.Fprintf(out, "stopped; the data stays in %s\n", c.Data)
	}
	return err
}

func (c Command) options(log *slog.Logger) (Options, error) {
	o := Options{Address: c.Address, Data: c.Data, Username: c.Username, Password: c.Password, SegmentBytes: c.SegmentBytes, Heartbeat: c.Heartbeat, Log: log}
	if (c.CertFile == "") != (c.KeyFile == "") {
		return o, wrong("--tls-cert and --tls-key come together")
	}
	if c.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
		if err != nil {
			return o, wrong("read --tls-cert %s and --tls-key %s: %w", c.CertFile, c.KeyFile, err)
		}
		o.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	for _, name := range c.Fsync {
		if stream, topic, _ := strings.Cut(name, "/"); name != "all" && (stream == "" || topic == "") {
			return o, wrong("--fsync %s; expected STREAM/TOPIC, such as shop/orders, or all", name)
		}
	}
	if len(c.Fsync) > 0 {
		o.Fsync = func(stream, topic string) bool {
			return slices.Contains(c.Fsync, "all") || slices.Contains(c.Fsync, stream+"/"+topic)
		}
	}
	if o.Password == "" {
		generated, err := access.NewSecret()
		if err != nil {
			return o, err
		}
		o.Password = generated
	}
	return o, nil
}

// checkLogin refuses a password that the directory was not created with: nobody could log in with it.
func (c Command) checkLogin(s *Server) error {
	if s.created || c.Password == "" {
		return nil
	}
	if _, err := s.users.Login(c.Username, c.Password); err != nil {
		return wrong("%s was created with another user name or password than those given (%w); leave the password out to keep it, or choose another --data", c.Data, err)
	}
	return nil
}

// describe tells what a client needs to know. A password is told only when it was drawn here.
func (c Command) describe(s *Server) string {
	transport, where := "TCP", c.Data
	if s.options.TLS != nil {
		transport = "TLS"
	}
	if where == "" {
		where = s.options.Data + " (deleted at the end; --data DIR keeps it)"
	}
	user := c.Username + ", with the password that was given"
	switch {
	case s.created && c.Password == "":
		user = c.Username + ", password " + s.options.Password + " (generated, and told this once)"
	case !s.created:
		user = "those that the data has"
	}
	text := fmt.Sprintf("protocol  Apache Iggy %s over %s\naddress   %s\ndata      %s\nuser      %s\n", Version, transport, s.Address(), where, user)
	if s.options.TLS == nil && !loopback(s.Address()) {
		text += "warning   other machines can reach this address, and nothing is encrypted; see --tls-cert\n"
	}
	return text
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}
