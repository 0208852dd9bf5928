package iggybroker

import (
	"fmt"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/internal/iggybroker/access"
)

// free is the right that everyone has who is logged in.
const free = access.Right(255)

// needs is the right that a request takes.
func needs(do wire.Command) access.Right {
	switch do {
	case wire.GetStats, wire.GetClient, wire.GetClients:
		return access.ReadServers
	case wire.GetUser, wire.GetUsers:
		return access.ReadUsers
	case wire.CreateUser, wire.DeleteUser, wire.UpdateUser, wire.UpdatePermissions, wire.ChangePassword:
		return access.ManageUsers
	case wire.GetStream, wire.GetStreams:
		return access.ReadStreams
	case wire.CreateStream, wire.DeleteStream, wire.UpdateStream, wire.PurgeStream:
		return access.ManageStreams
	case wire.GetTopic, wire.GetTopics, wire.GetGroup, wire.GetGroups, wire.CreateGroup, wire.DeleteGroup, wire.JoinGroup, wire.LeaveGroup:
		return access.ReadTopics
	case wire.CreateTopic, wire.DeleteTopic, wire.UpdateTopic, wire.PurgeTopic, wire.CreatePartitions, wire.DeletePartitions, wire.DeleteSegments:
		return access.ManageTopics
	case wire.PollMessages, wire.GetOffset, wire.StoreOffset, wire.DeleteOffset:
		return access.Poll
	case wire.SendMessages, wire.Flush:
		return access.Send
	}
	return free
}

// permit refuses what the user may not do. What does not exist is an error here already.
func (c *conn) permit(r wire.Request) error {
	right := needs(r.Command())
	if right == free || c.userID() == access.Root || c.concernsSelf(r) {
		return nil
	}
	check, err := c.scope(r, right)
	if err != nil {
		return err
	}
	if !c.s.users.Allows(c.userID(), check) {
		return fmt.Errorf("%w: command %d by user %d", wire.Unauthorized, r.Command(), c.userID())
	}
	return nil
}

// scope is the check of a right where the request wants it: in a topic, in a stream, or everywhere.
func (c *conn) scope(r wire.Request, right access.Right) (func(*access.Permissions) bool, error) {
	if stream, topic, ok := target(r); ok {
		t, err := c.s.catalog.Topic(stream, topic)
		if err != nil {
			return nil, err
		}
		s, n := t.IDs()
		return func(p *access.Permissions) bool { return p.InTopic(right, s, n) }, nil
	}
	var stream wire.Identifier
	switch r := r.(type) {
	case *wire.OnStream:
		stream = r.Stream
	case *wire.ChangedStream:
		stream = r.Stream
	case *wire.NewTopic:
		stream = r.Stream
	default:
		return func(p *access.Permissions) bool { return p.Everywhere(right) }, nil
	}
	s, err := c.s.catalog.StreamID(stream)
	return func(p *access.Permissions) bool { return p.InStream(right, s) }, err
}

// concernsSelf tells whether a request asks about the user who sends it, or changes that user's password.
func (c *conn) concernsSelf(r wire.Request) bool {
	var who wire.Identifier
	switch r := r.(type) {
	case *wire.OnUser:
		if r.Do != wire.GetUser {
			return false
		}
		who = r.User
	case *wire.ChangedPassword:
		who = r.User
	default:
		return false
	}
	for _, u := range c.s.users.Records() {
		if u.ID == c.userID() {
			return who.Name == u.Name || who.Name == "" && who.Number == u.ID
		}
	}
	return false
}
