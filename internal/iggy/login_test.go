package iggy_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/internal/iggy"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// only answers one command with a status, and leaves the rest to the fake.
func only(do wire.Command, s wire.Status) answer {
	return func(_ *fakeConn, r wire.Request) (wire.Reply, error) {
		if r.Command() == do {
			return nil, s
		}
		return nil, nil
	}
}

func TestCredentialsThatAreRefused(t *testing.T) {
	for _, test := range []struct {
		name        string
		status      wire.Status
		credentials iggy.Credentials
		want        string
	}{
		{"wrong password", wire.InvalidCredentials, iggy.Credentials{Username: "iggy", Password: dsl.NewSecret("hunter2")},
			"log in to ADDRESS as \"iggy\": wrong user name or password (42); check `password`"},
		{"inactive user", wire.UserInactive, iggy.Credentials{Username: "iggy", Password: dsl.NewSecret("hunter2")},
			"log in to ADDRESS as \"iggy\": user is inactive (47); check `username`"},
		{"unknown token", wire.InvalidToken, iggy.Credentials{Token: dsl.NewSecret("hunter2")},
			"log in to ADDRESS with a personal access token: unknown personal access token (53); check `token`"},
		{"expired token", wire.TokenExpired, iggy.Credentials{Token: dsl.NewSecret("hunter2")},
			"log in to ADDRESS with a personal access token: personal access token has expired (54); check `token`"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := startFake(t, func(_ *fakeConn, r wire.Request) (wire.Reply, error) {
				if r.Command() == wire.LoginUser || r.Command() == wire.LoginToken {
					return nil, test.status
				}
				return nil, nil
			})
			c := f.config()
			c.Credentials = test.credentials
			err := refusal(t, c)
			if got := strings.ReplaceAll(err.Error(), f.address, "ADDRESS"); got != test.want {
				t.Errorf("%s\nwant %s", got, test.want)
			}
			if text := fmt.Sprintf("%v %+v %#v", c, c, err); strings.Contains(text, "hunter2") {
				t.Errorf("the secret is printed: %s", text)
			}
		})
	}
}

func TestCredentialsThatAreMissing(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte(" \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := startFake(t, nil)
	for _, test := range []struct {
		credentials iggy.Credentials
		want        string
	}{
		{iggy.Credentials{}, "connect to ADDRESS: neither a user name nor a token is given; check `username`"},
		{iggy.Credentials{Username: "iggy"}, "log in to ADDRESS as \"iggy\": invalid password (44); check `password`"},
		{iggy.Credentials{TokenFile: "missing"}, "log in: open missing: no such file or directory; check `token_file`"},
		{iggy.Credentials{TokenFile: empty}, "log in: " + empty + " is empty; check `token_file`"},
		{iggy.Credentials{Username: "a", PasswordFile: empty}, "log in: " + empty + " is empty; check `password_file`"},
	} {
		c := f.config()
		c.Credentials = test.credentials
		if got := strings.ReplaceAll(refusal(t, c).Error(), f.address, "ADDRESS"); got != test.want {
			t.Errorf("%s\nwant %s", got, test.want)
		}
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	for _, test := range []struct {
		addresses []string
		want      string
	}{
		{nil, "connect: no address is given; check `address`"},
		{[]string{"localhost"}, "connect to localhost: expected host:port, such as 127.0.0.1:8090; check `address`"},
	} {
		if got := refusal(t, iggy.Config{Addresses: test.addresses}).Error(); got != test.want {
			t.Errorf("%s\nwant %s", got, test.want)
		}
	}
}

func TestATokenFileIsReadAtEveryLogin(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write := func(token string) {
		if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tokens := make(chan string, 2)
	f := startFake(t, func(_ *fakeConn, r wire.Request) (wire.Reply, error) {
		if login, ok := r.(*wire.TokenLogin); ok {
			tokens <- login.Token
		}
		return nil, nil
	})
	write("first")
	c := f.config()
	c.Credentials = iggy.Credentials{TokenFile: file}
	client := dial(t, c)
	write("second")
	f.hangUp()
	if err := client.Do(within(t), wire.Bare(wire.GetStats), nil); err != nil {
		t.Fatal(err)
	}
	if a, b := <-tokens, <-tokens; a != "first" || b != "second" {
		t.Errorf("logged in with %q, then %q", a, b)
	}
}

func TestAServerOfAnotherVersionIsRefusedInOneLine(t *testing.T) {
	version := func(v string) answer {
		return func(_ *fakeConn, r wire.Request) (wire.Reply, error) {
			if r.Command() == wire.GetStats {
				return &wire.Stats{ServerVersion: v}, nil
			}
			return nil, nil
		}
	}
	for _, test := range []struct {
		name    string
		address func(t *testing.T) string
		want    string
	}{
		{"newer", func(t *testing.T) string { return startFake(t, version("0.9.0-edge")).address },
			"connect to ADDRESS: the server has version 0.9.0-edge; supported is 0.8; check `address`"},
		{"much newer", func(t *testing.T) string { return startFake(t, version("0.80.1")).address },
			"connect to ADDRESS: the server has version 0.80.1; supported is 0.8; check `address`"},
		{"older", func(t *testing.T) string { return startFake(t, version("0.7.2")).address },
			"connect to ADDRESS: the server has version 0.7.2; supported is 0.8; check `address`"},
		{"HTTP", func(t *testing.T) string {
			return startFake(t, func(*fakeConn, wire.Request) (wire.Reply, error) {
				return nil, rawAnswer("HTTP/1.1 400 Bad Request\r\n\r\n")
			}).address
		},
			"connect to ADDRESS: an HTTP server answers there; expected the TCP port of Apache Iggy, which is 8090 by default; check `address`"},
		{"another protocol", func(t *testing.T) string {
			return startFake(t, func(*fakeConn, wire.Request) (wire.Reply, error) { return nil, rawAnswer("+OK ready when you are") }).address
		}, "connect to ADDRESS: this is no Apache Iggy server 0.8, the only version supported: an answer of 1684104562 bytes; at most 268435456 are taken; check `address`"},
		{"a ping that is not empty", func(t *testing.T) string {
			return startFake(t, func(*fakeConn, wire.Request) (wire.Reply, error) { return &wire.Identity{}, nil }).address
		}, "connect to ADDRESS: this is no Apache Iggy server 0.8, the only version supported: it answers a ping with status 0 and 4 bytes; check `address`"},
	} {
		t.Run(test.name, func(t *testing.T) {
			address := test.address(t)
			c := (&fake{address: address}).config()
			if got := strings.ReplaceAll(refusal(t, c).Error(), address, "ADDRESS"); got != test.want {
				t.Errorf("%s\nwant %s", got, test.want)
			}
		})
	}
	for _, v := range []string{"0.8.0", "0.8.3-edge.1", "0.8"} {
		dial(t, startFake(t, version(v)).config())
	}
}

func TestAServerThatHangsUpAtOnceIsTriedAgain(t *testing.T) {
	f := startFake(t, func(c *fakeConn, _ wire.Request) (wire.Reply, error) {
		if c.number < 3 {
			return nil, errHangUp // as a balancer does whose server is not up yet
		}
		return nil, nil
	})
	dial(t, f.config())
}

func TestAUserWhoMayNotSeeTheVersionIsLetThrough(t *testing.T) {
	dial(t, startFake(t, only(wire.GetStats, wire.Unauthorized)).config())
}
