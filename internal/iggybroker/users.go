package iggybroker

import (
	"encoding/json"
	"fmt"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/internal/iggybroker/access"
	"github.com/iggy-flow/iggy-flow/internal/iggybroker/durable"
)

// storedUsers is the shape of users.json.
type storedUsers struct {
	Version int             `json:"version"`
	Users   []access.Record `json:"users"`
}

const usersVersion = 1

func readUsers(data []byte) (*access.Users, error) {
	var in storedUsers
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, err
	}
	if in.Version != usersVersion {
		return nil, fmt.Errorf("version %d; this broker reads %d", in.Version, usersVersion)
	}
	return access.NewUsers(in.Users)
}

// storeUsers makes the present users those that the next start finds.
func (s *Server) storeUsers() error {
	s.storing.Lock()
	defer s.storing.Unlock()
	data, err := json.MarshalIndent(storedUsers{usersVersion, s.users.Records()}, "", " ")
	if err != nil {
		return err
	}
	return durable.Replace(s.usersPath(), data)
}

// stored stores the users unless err says that nothing changed.
func (s *Server) stored(err error) error {
	if err != nil {
		return err
	}
	return s.storeUsers()
}

// account answers requests about users and tokens. It returns false for another request.
func (c *conn) account(r wire.Request) (wire.Reply, error, bool) {
	switch r := r.(type) {
	case *wire.Login:
		id, err := c.s.users.Login(r.Username, r.Password)
		return c.login(id, err)
	case *wire.TokenLogin:
		id, err := c.s.users.LoginToken(r.Token, c.s.now())
		return c.login(id, err)
	case *wire.NewUser:
		id, err := c.s.users.Create(r, c.s.now())
		if err = c.s.stored(err); err != nil {
			return nil, err, true
		}
		reply, err := c.userReply(wire.ID(id))
		return reply, err, true
	case *wire.OnUser:
		if r.Do == wire.GetUser {
			reply, err := c.userReply(r.User)
			return reply, err, true
		}
		id, err := c.s.users.Delete(r.User)
		if err == nil {
			c.s.logOut(id)
		}
		return nil, c.s.stored(err), true
	case *wire.ChangedUser:
		return nil, c.s.stored(c.s.users.Update(r)), true
	case *wire.ChangedPermissions:
		return nil, c.s.stored(c.s.users.Permit(r)), true
	case *wire.ChangedPassword:
		return nil, c.s.stored(c.s.users.SetPassword(r)), true
	case *wire.NewToken:
		text, err := c.s.users.CreateToken(c.userID(), r, c.s.now())
		if err = c.s.stored(err); err != nil {
			return nil, err, true
		}
		return &wire.RawToken{Token: text}, nil, true
	case *wire.OldToken:
		return nil, c.s.stored(c.s.users.DeleteToken(c.userID(), r.Name)), true
	}
	return nil, nil, false
}

func (c *conn) login(id uint32, err error) (wire.Reply, error, bool) {
	if err != nil {
		return nil, err, true
	}
	c.setUser(id, true)
	return &wire.Identity{User: id}, nil, true
}

func describeUser(r access.Record) wire.User {
	return wire.User{ID: r.ID, Created: r.Created, Status: r.Status, Name: r.Name}
}

// userReply describes a user, or is nil without an error when there is none.
func (c *conn) userReply(id wire.Identifier) (wire.Reply, error) {
	for _, r := range c.s.users.Records() {
		if id.Name == r.Name || id.Name == "" && id.Number == r.ID {
			out := describeUser(r)
			out.Permissions = r.Permissions
			return &out, nil
		}
	}
	return nil, nil
}

func (c *conn) listUsers() wire.Reply {
	out := wire.Users{}
	for _, r := range c.s.users.Records() {
		out = append(out, describeUser(r))
	}
	return &out
}

func (c *conn) listTokens() wire.Reply {
	out := wire.Tokens{}
	for _, t := range c.s.users.Tokens(c.userID()) {
		out = append(out, wire.Token{Name: t.Name, Expiry: t.Expiry})
	}
	return &out
}
