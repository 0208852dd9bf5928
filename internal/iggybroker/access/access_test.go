package access_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/internal/iggybroker/access"
)

func newUsers(t *testing.T) *access.Users {
	t.Helper()
	u, err := access.NewUsers(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"root", "alice"} {
		if _, err := u.Create(&wire.NewUser{Username: name, Password: name + "-pass", Status: wire.UserActive}, 1); err != nil {
			t.Fatal(err)
		}
	}
	return u
}

func want(t *testing.T, what string, err error, status wire.Status) {
	t.Helper()
	if status == wire.OK && err != nil || status != wire.OK && !errors.Is(err, status) {
		t.Errorf("%s: %v, want %v", what, err, status)
	}
}

func TestLogin(t *testing.T) {
	u := newUsers(t)
	for range 2 { // the second is checked against the memory of the first
		id, err := u.Login("alice", "alice-pass")
		if err != nil || id != 1 {
			t.Fatalf("logged in as %d, %v", id, err)
		}
	}
	_, err := u.Login("alice", "wrong")
	want(t, "a wrong password", err, wire.InvalidCredentials)
	_, err = u.Login("nobody", "alice-pass")
	want(t, "an unknown user", err, wire.InvalidCredentials)
	_, err = u.Login("", "root-pass")
	want(t, "no name", err, wire.InvalidCredentials)

	want(t, "a change with a wrong old password", u.SetPassword(&wire.ChangedPassword{User: wire.ID(1), Old: "x", New: "new-pass"}), wire.InvalidCredentials)
	want(t, "a change", u.SetPassword(&wire.ChangedPassword{User: wire.Name("alice"), Old: "alice-pass", New: "new-pass"}), wire.OK)
	_, err = u.Login("alice", "alice-pass")
	want(t, "the old password", err, wire.InvalidCredentials)
	_, err = u.Login("alice", "new-pass")
	want(t, "the new password", err, wire.OK)

	want(t, "to disable", u.Update(&wire.ChangedUser{User: wire.ID(1), Status: wire.UserDisabled}), wire.OK)
	_, err = u.Login("alice", "new-pass")
	want(t, "a disabled user", err, wire.UserInactive)
}

func TestUsers(t *testing.T) {
	u := newUsers(t)
	_, err := u.Create(&wire.NewUser{Username: "alice", Password: "other", Status: wire.UserActive}, 1)
	want(t, "a name that is taken", err, wire.UserAlreadyExists)
	_, err = u.Create(&wire.NewUser{Username: "al", Password: "other", Status: wire.UserActive}, 1)
	want(t, "a short name", err, wire.InvalidUsername)
	_, err = u.Create(&wire.NewUser{Username: "carol", Password: "xy", Status: wire.UserActive}, 1)
	want(t, "a short password", err, wire.InvalidPassword)
	_, err = u.Create(&wire.NewUser{Username: "carol", Password: "other", Status: wire.UserActive, Permissions: []byte{1}}, 1)
	want(t, "permissions that end early", err, wire.InvalidFormat)
	want(t, "to take another's name", u.Update(&wire.ChangedUser{User: wire.Name("alice"), Username: "root"}), wire.UserAlreadyExists)
	_, err = u.Delete(wire.Name("root"))
	want(t, "to delete root", err, wire.CannotDeleteUser)
	want(t, "to restrict root", u.Permit(&wire.ChangedPermissions{User: wire.ID(0)}), access.CannotChangePermissions)
	_, err = u.Delete(wire.Name("alice"))
	want(t, "to delete", err, wire.OK)
	id, err := u.Create(&wire.NewUser{Username: "dave", Password: "dave-pass", Status: wire.UserActive}, 1)
	if err != nil || id != 1 {
		t.Errorf("the next user is %d, %v; want the free id 1", id, err)
	}
}

func TestTokens(t *testing.T) {
	u := newUsers(t)
	const now, minute = 1_000, 60_000_000
	short, err := u.CreateToken(1, &wire.NewToken{Name: "short", Expiry: minute}, now)
	want(t, "a token", err, wire.OK)
	long, err := u.CreateToken(1, &wire.NewToken{Name: "long", Expiry: wire.Never}, now)
	want(t, "a token without expiry", err, wire.OK)
	_, err = u.CreateToken(1, &wire.NewToken{Name: "short"}, now)
	want(t, "a name that is taken", err, wire.TokenAlreadyExists)
	_, err = u.CreateToken(1, &wire.NewToken{Name: "x"}, now)
	want(t, "a short name", err, wire.InvalidTokenName)

	id, err := u.LoginToken(short, now+minute-1)
	if err != nil || id != 1 {
		t.Errorf("logged in as %d, %v", id, err)
	}
	_, err = u.LoginToken(short, now+minute)
	want(t, "an expired token", err, wire.TokenExpired)
	_, err = u.LoginToken("unknown", now)
	want(t, "an unknown token", err, wire.InvalidToken)
	want(t, "to delete", u.DeleteToken(1, "long"), wire.OK)
	_, err = u.LoginToken(long, now)
	want(t, "a deleted token", err, wire.InvalidToken)
	want(t, "to delete again", u.DeleteToken(1, "long"), wire.ResourceNotFound)

	for i := range access.MaxTokens - 1 {
		if _, err := u.CreateToken(1, &wire.NewToken{Name: fmt.Sprintf("token-%d", i)}, now); err != nil {
			t.Fatal(err)
		}
	}
	_, err = u.CreateToken(1, &wire.NewToken{Name: "one more"}, now)
	want(t, "one token more", err, wire.TokensLimitReached)
}

// TestRecordsKeepEverythingAndNoSecret: what is stored logs in again, and tells neither password nor token.
func TestRecordsKeepEverythingAndNoSecret(t *testing.T) {
	u := newUsers(t)
	token, err := u.CreateToken(1, &wire.NewToken{Name: "token"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(u.Records())
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{token, "alice-pass"} {
		if strings.Contains(string(data), secret) {
			t.Errorf("the records tell %q", secret)
		}
	}
	var records []access.Record
	if err := json.Unmarshal(data, &records); err != nil {
		t.Fatal(err)
	}
	again, err := access.NewUsers(records)
	if err != nil {
		t.Fatal(err)
	}
	if id, err := again.Login("alice", "alice-pass"); err != nil || id != 1 {
		t.Errorf("logged in as %d, %v", id, err)
	}
	if id, err := again.LoginToken(token, 2); err != nil || id != 1 {
		t.Errorf("the token logged in as %d, %v", id, err)
	}
}

// encoded has send everywhere; in stream 3 reading of topics; in its topic 4 managing.
func encoded() []byte {
	out := []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 1}
	out = append(out, 1, 3, 0, 0, 0, 0, 0, 0, 1, 0, 0)
	out = append(out, 1, 4, 0, 0, 0, 1, 0, 0, 0)
	return append(out, 0, 0)
}

func TestPermissions(t *testing.T) {
	p, err := access.ParsePermissions(encoded())
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		what string
		got  bool
		want bool
	}{
		{"send anywhere", p.InTopic(access.Send, 8, 8), true},
		{"poll anywhere", p.InTopic(access.Poll, 8, 8), false},
		{"poll where topics may be read", p.InTopic(access.Poll, 3, 8), true},
		{"manage topics of that stream", p.InStream(access.ManageTopics, 3), false},
		{"manage its topic 4", p.InTopic(access.ManageTopics, 3, 4), true},
		{"manage topic 4 of another", p.InTopic(access.ManageTopics, 2, 4), false},
		{"read the server", p.Everywhere(access.ReadServers), false},
		{"no permissions", (*access.Permissions)(nil).InTopic(access.Send, 1, 1), false},
	} {
		if test.got != test.want {
			t.Errorf("%s: %v, want %v", test.what, test.got, test.want)
		}
	}
	u := newUsers(t)
	if u.Allows(1, func(p *access.Permissions) bool { return p.Everywhere(access.Poll) }) {
		t.Error("a user without permissions may poll")
	}
	if !u.Allows(access.Root, func(*access.Permissions) bool { return false }) {
		t.Error("root may not do everything")
	}
}

func FuzzParsePermissions(f *testing.F) {
	f.Add(encoded())
	f.Add([]byte{})
	f.Add(make([]byte, 11))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := access.ParsePermissions(data)
		if err == nil && data != nil && len(data) < 11 {
			t.Errorf("%d bytes are permissions: %v", len(data), p)
		}
	})
}
