package iggybroker

import (
	"errors"

	"github.com/iggy-flow/iggy-flow/internal/iggy/v08"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// execute does what the request in c.body asks for. The messages of a poll are in c.view.
func (c *conn) execute(do wire.Command) (wire.Reply, error) {
	if c.user.Load() == nobody && do != wire.Ping && do != wire.LoginUser && do != wire.LoginToken {
		return nil, wire.Unauthenticated
	}
	r, err := v08.DecodeRequest(do, c.body)
	if err != nil {
		return nil, err
	}
	if err := c.permit(r); err != nil {
		return nil, absent(r, err)
	}
	if reply, err, ok := c.account(r); ok {
		return reply, err
	}
	reply, err := c.perform(r)
	return reply, absent(r, err)
}

// absent turns the lack of what was asked about into an answer without a body, as the server gives it.
func absent(r wire.Request, err error) error {
	switch r.Command() {
	case wire.GetStream, wire.GetTopic, wire.GetGroup:
		for _, status := range []wire.Status{wire.StreamIDNotFound, wire.TopicIDNotFound, wire.GroupIDNotFound} {
			if errors.Is(err, status) {
				return nil
			}
		}
	}
	return err
}

// perform answers the requests that are not about users.
func (c *conn) perform(r wire.Request) (wire.Reply, error) {
	streams := c.s.catalog
	switch r := r.(type) {
	case wire.Bare:
		return c.bare(r)
	case *wire.OnClient:
		return c.client(r.ID), nil
	case *wire.OnStream:
		return c.onStream(r)
	case *wire.NewStream:
		return answer(streams.CreateStream(r))
	case *wire.ChangedStream:
		return nil, streams.UpdateStream(r)
	case *wire.OnTopic:
		return c.onTopic(r)
	case *wire.NewTopic:
		return answer(streams.CreateTopic(r))
	case *wire.ChangedTopic:
		return nil, streams.UpdateTopic(r)
	case *wire.SomePartitions:
		return nil, streams.ChangePartitions(r)
	case *wire.OnGroup:
		return c.onGroup(r)
	case *wire.NewGroup:
		return answer(streams.CreateGroup(r))
	}
	return c.inTopic(r)
}

// answer makes a reply of a pointer, and none of a nil one.
func answer[T any, P interface {
	*T
	wire.Reply
}](reply P, err error) (wire.Reply, error) {
	if err != nil || reply == nil {
		return nil, err
	}
	return reply, nil
}

func (c *conn) bare(r wire.Bare) (wire.Reply, error) {
	switch wire.Command(r) {
	case wire.Ping:
		return nil, nil
	case wire.Logout:
		c.setUser(0, false)
		return nil, nil
	case wire.GetStats:
		return c.s.stats(), nil
	case wire.GetCluster:
		return nil, wire.FeatureUnavailable // there is one node
	case wire.GetMe:
		return c.client(c.id), nil
	case wire.GetClients:
		return c.clients(), nil
	case wire.GetUsers:
		return c.listUsers(), nil
	case wire.GetTokens:
		return c.listTokens(), nil
	case wire.GetStreams:
		return c.s.catalog.Streams(), nil
	}
	return nil, wire.InvalidCommand
}

func (c *conn) onStream(r *wire.OnStream) (wire.Reply, error) {
	switch r.Do {
	case wire.GetStream:
		return answer(c.s.catalog.Stream(r.Stream))
	case wire.GetTopics:
		return answer(c.s.catalog.Topics(r.Stream))
	case wire.DeleteStream:
		return nil, c.s.catalog.DeleteStream(r.Stream)
	default:
		return nil, c.s.catalog.PurgeStream(r.Stream)
	}
}

func (c *conn) onTopic(r *wire.OnTopic) (wire.Reply, error) {
	switch r.Do {
	case wire.DeleteTopic:
		return nil, c.s.catalog.DeleteTopic(r.Stream, r.Topic)
	case wire.PurgeTopic:
		return nil, c.s.catalog.PurgeTopic(r.Stream, r.Topic)
	}
	t, err := c.s.catalog.Topic(r.Stream, r.Topic)
	if err != nil {
		return nil, err
	}
	if r.Do == wire.GetGroups {
		return t.Groups(), nil
	}
	return t.Describe(), nil
}

func (c *conn) onGroup(r *wire.OnGroup) (wire.Reply, error) {
	switch r.Do {
	case wire.DeleteGroup:
		return nil, c.s.catalog.DeleteGroup(r.Stream, r.Topic, r.Group)
	case wire.JoinGroup:
		return nil, c.s.catalog.Join(r.Stream, r.Topic, r.Group, c.id)
	case wire.LeaveGroup:
		return nil, c.s.catalog.Leave(r.Stream, r.Topic, r.Group, c.id)
	}
	t, err := c.s.catalog.Topic(r.Stream, r.Topic)
	if err != nil {
		return nil, err
	}
	return answer(t.Group(r.Group))
}

// inTopic answers the requests about messages and offsets.
func (c *conn) inTopic(r wire.Request) (wire.Reply, error) {
	stream, topic, ok := target(r)
	if !ok {
		return nil, wire.InvalidCommand
	}
	t, err := c.s.catalog.Topic(stream, topic)
	if err != nil {
		return nil, err
	}
	switch r := r.(type) {
	case *wire.Send:
		// The messages end the body, and they are stored from there.
		start := len(c.body) - len(r.Messages.Data)
		return nil, t.Send(r.Partitioning, c.body, start, uint32(r.Messages.Len()), c.s.now())
	case *wire.Poll:
		at, err := t.Poll(&c.view, r, c.id)
		return &wire.Raw{Partition: at.Partition, Current: at.Current, Count: c.view.Count}, err
	case *wire.FlushPartition:
		return nil, t.Flush(r)
	case *wire.SomeSegments:
		return nil, t.DeleteSegments(r)
	case *wire.OnOffset:
		switch r.Do {
		case wire.GetOffset:
			return answer(t.Offset(r))
		case wire.StoreOffset:
			return nil, t.StoreOffset(r, c.id)
		default:
			return nil, t.DeleteOffset(r, c.id)
		}
	}
	return nil, wire.InvalidCommand
}

// target is the topic that a request is about.
func target(r wire.Request) (stream, topic wire.Identifier, ok bool) {
	switch r := r.(type) {
	case *wire.OnTopic:
		return r.Stream, r.Topic, true
	case *wire.ChangedTopic:
		return r.Stream, r.Topic, true
	case *wire.SomePartitions:
		return r.Stream, r.Topic, true
	case *wire.OnGroup:
		return r.Stream, r.Topic, true
	case *wire.NewGroup:
		return r.Stream, r.Topic, true
	case *wire.Send:
		return r.Stream, r.Topic, true
	case *wire.Poll:
		return r.Stream, r.Topic, true
	case *wire.FlushPartition:
		return r.Stream, r.Topic, true
	case *wire.SomeSegments:
		return r.Stream, r.Topic, true
	case *wire.OnOffset:
		return r.Stream, r.Topic, true
	}
	return stream, topic, false
}
