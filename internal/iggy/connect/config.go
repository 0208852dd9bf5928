package connect

import (
	"log/slog"
	"net"
	"strings"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/internal/iggy"
)

// Config says which server, and as whom. It is embedded in a component's config.
type Config struct {
	Address      []dsl.Text `flow:"address" doc:"host:port of the server's TCP port; further ones are tried when the first cannot be reached."`
	Username     dsl.Text   `flow:"username" doc:"User to log in as."`
	Password     dsl.Secret `flow:"password" doc:"Its password."`
	PasswordFile dsl.Path   `flow:"password_file" doc:"File that holds the password. It is read at every login."`
	Token        dsl.Secret `flow:"token" doc:"Personal access token, in the place of user name and password."`
	TokenFile    dsl.Path   `flow:"token_file" doc:"File that holds the token. It is read at every login."`
	TLS          *TLS       `flow:"tls" doc:"Talks to the server over TLS; {} trusts the system's authorities."`
}

// TLS says how the server proves who it is.
type TLS struct {
	CAFile     dsl.Path `flow:"ca_file" doc:"Certificates of the authorities that are trusted, in PEM; the system's by default."`
	ServerName dsl.Text `flow:"server_name" doc:"Name in the server's certificate; the host of the address by default."`
}

// Defaults is a server on this machine.
func Defaults() Config {
	return Config{Address: []dsl.Text{{Value: "127.0.0.1:8090"}}}
}

// Check reports what the types cannot. at is the component's body.
func (c Config) Check(at dsl.Node) (ds source.Diagnostics) {
	for _, a := range c.Address {
		if host, port, err := net.SplitHostPort(a.Value); err != nil || host == "" || port == "" {
			ds = append(ds, source.Diagnostic{
				Code: "iggy-address", Range: a.Range, Found: "the address `" + a.Value + "`", Expected: "host:port", Fix: "write such as `127.0.0.1:8090`",
			})
		}
	}
	token := !c.Token.IsZero() || c.TokenFile.Value != ""
	password := !c.Password.IsZero() || c.PasswordFile.Value != ""
	switch {
	case token && c.Username.Value != "":
		ds = append(ds, source.Diagnostic{Code: "iggy-login", Range: c.Username.Range, Found: "a user name beside a token", Expected: "one of them", Fix: "remove `username`, or the token"})
	case !token && c.Username.Value == "":
		ds = append(ds, source.Diagnostic{Code: "iggy-login", Range: name(at), Found: "nothing to log in with", Expected: "`username` and `password`, or `token`", Fix: "add `username: iggy` and `password: ${IGGY_PASSWORD}`"})
	case !token && !password:
		ds = append(ds, source.Diagnostic{Code: "iggy-login", Range: c.Username.Range, Found: "a user name without a password", Expected: "`password` or `password_file`", Fix: "add `password: ${IGGY_PASSWORD}`"})
	}
	return ds
}

// name is where a component's name stands, or the component itself where it has none.
func name(at dsl.Node) source.Range {
	if at.KeyRange.IsZero() {
		return at.Range
	}
	return at.KeyRange
}

// Client is the config of a client.
func (c Config) Client(log *slog.Logger) iggy.Config {
	out := iggy.Config{
		Credentials: iggy.Credentials{
			Username: c.Username.Value, Password: c.Password, PasswordFile: c.PasswordFile.Value, Token: c.Token, TokenFile: c.TokenFile.Value,
		},
		Log: log,
	}
	for _, a := range c.Address {
		out.Addresses = append(out.Addresses, a.Value)
	}
	if c.TLS != nil {
		out.TLS = &iggy.TLS{CAFile: c.TLS.CAFile.Value, ServerName: c.TLS.ServerName.Value}
	}
	return out
}

// Server names the server, for identities and messages.
func (c Config) Server() string {
	addresses := make([]string, len(c.Address))
	for i, a := range c.Address {
		addresses[i] = a.Value
	}
	return strings.Join(addresses, ",")
}
