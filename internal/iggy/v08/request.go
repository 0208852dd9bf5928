package v08

import (
	"fmt"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// blank returns an empty request of a command, or nil where there is no such command.
func blank(do wire.Command) wire.Request {
	switch do {
	case wire.Ping, wire.GetStats, wire.GetCluster, wire.GetMe, wire.GetClients, wire.GetUsers, wire.Logout, wire.GetTokens,
		wire.GetStreams:
		return wire.Bare(do)
	case wire.GetStream, wire.DeleteStream, wire.PurgeStream, wire.GetTopics:
		return &wire.OnStream{Do: do}
	case wire.GetTopic, wire.DeleteTopic, wire.PurgeTopic, wire.GetGroups:
		return &wire.OnTopic{Do: do}
	case wire.GetGroup, wire.DeleteGroup, wire.JoinGroup, wire.LeaveGroup:
		return &wire.OnGroup{Do: do}
	case wire.GetUser, wire.DeleteUser:
		return &wire.OnUser{Do: do}
	case wire.GetOffset, wire.StoreOffset, wire.DeleteOffset:
		return &wire.OnOffset{Do: do}
	case wire.CreatePartitions, wire.DeletePartitions:
		return &wire.SomePartitions{Do: do}
	case wire.GetClient:
		return &wire.OnClient{}
	case wire.CreateUser:
		return &wire.NewUser{}
	case wire.UpdateUser:
		return &wire.ChangedUser{}
	case wire.UpdatePermissions:
		return &wire.ChangedPermissions{}
	case wire.ChangePassword:
		return &wire.ChangedPassword{}
	case wire.LoginUser:
		return &wire.Login{}
	case wire.CreateToken:
		return &wire.NewToken{}
	case wire.DeleteToken:
		return &wire.OldToken{}
	case wire.LoginToken:
		return &wire.TokenLogin{}
	case wire.PollMessages:
		return &wire.Poll{}
	case wire.SendMessages:
		return &wire.Send{}
	case wire.Flush:
		return &wire.FlushPartition{}
	case wire.CreateStream:
		return &wire.NewStream{}
	case wire.UpdateStream:
		return &wire.ChangedStream{}
	case wire.CreateTopic:
		return &wire.NewTopic{}
	case wire.UpdateTopic:
		return &wire.ChangedTopic{}
	case wire.DeleteSegments:
		return &wire.SomeSegments{}
	case wire.CreateGroup:
		return &wire.NewGroup{}
	}
	return nil
}

// request walks the body of r.
func (c *coder) request(r wire.Request) {
	switch r := r.(type) {
	case wire.Bare:
	case *wire.OnStream:
		c.id(&r.Stream)
	case *wire.OnTopic:
		c.ids(&r.Stream, &r.Topic)
	case *wire.OnGroup:
		c.ids(&r.Stream, &r.Topic, &r.Group)
	case *wire.OnUser:
		c.id(&r.User)
	case *wire.OnClient:
		c.u32(&r.ID)
	case *wire.NewStream:
		c.text8(&r.Name, wire.InvalidStreamName)
	case *wire.ChangedStream:
		c.id(&r.Stream)
		c.text8(&r.Name, wire.InvalidStreamName)
	case *wire.NewTopic:
		c.id(&r.Stream)
		c.u32(&r.Partitions)
		c.settings(&r.Settings)
		c.text8(&r.Name, wire.InvalidTopicName)
	case *wire.ChangedTopic:
		c.ids(&r.Stream, &r.Topic)
		c.settings(&r.Settings)
		c.text8(&r.Name, wire.InvalidTopicName)
	case *wire.SomePartitions:
		c.ids(&r.Stream, &r.Topic)
		c.u32(&r.Count)
	case *wire.SomeSegments:
		c.ids(&r.Stream, &r.Topic)
		c.u32(&r.Partition)
		c.u32(&r.Count)
	case *wire.FlushPartition:
		c.ids(&r.Stream, &r.Topic)
		c.u32(&r.Partition)
		c.bool(&r.Sync)
	case *wire.NewGroup:
		c.ids(&r.Stream, &r.Topic)
		c.text8(&r.Name, wire.InvalidGroupName)
	case *wire.Poll:
		c.poll(r)
	case *wire.Send:
		c.send(r)
	case *wire.OnOffset:
		c.consumer(&r.Consumer)
		c.ids(&r.Stream, &r.Topic)
		c.partition(&r.Partition)
		if r.Do == wire.StoreOffset {
			c.u64(&r.Offset)
		}
	default:
		c.account(r)
	}
}

// account walks the requests about users and tokens.
func (c *coder) account(r wire.Request) {
	switch r := r.(type) {
	case *wire.Login:
		c.text8(&r.Username, wire.InvalidUsername)
		c.text8(&r.Password, wire.InvalidPassword)
		c.text32(&r.Version)
		c.text32(&r.Context)
	case *wire.TokenLogin:
		c.text8(&r.Token, wire.InvalidToken)
	case *wire.NewUser:
		c.text8(&r.Username, wire.InvalidUsername)
		c.text8(&r.Password, wire.InvalidPassword)
		c.userStatus(&r.Status)
		c.blob(&r.Permissions)
	case *wire.ChangedUser:
		c.changedUser(r)
	case *wire.ChangedPermissions:
		c.id(&r.User)
		c.blob(&r.Permissions)
	case *wire.ChangedPassword:
		c.id(&r.User)
		c.text8(&r.Old, wire.InvalidPassword)
		c.text8(&r.New, wire.InvalidPassword)
	case *wire.NewToken:
		c.text8(&r.Name, wire.InvalidTokenName)
		c.micros(&r.Expiry)
	case *wire.OldToken:
		c.text8(&r.Name, wire.InvalidTokenName)
	default:
		c.fail(wire.InvalidCommand, "no layout for %T", r)
	}
}

func (c *coder) changedUser(r *wire.ChangedUser) {
	c.id(&r.User)
	named := r.Username != ""
	if c.bool(&named); named {
		c.text8(&r.Username, wire.InvalidUsername)
	}
	stated := r.Status != 0
	if c.bool(&stated); stated {
		c.userStatus(&r.Status)
	}
	if c.decodes && c.left() == 1 && c.buf[c.at] == 0 {
		c.at++ // the Go SDK sends one byte too many when it changes both
	}
}

func (c *coder) userStatus(s *wire.UserStatus) {
	c.u8((*uint8)(s))
	if c.err == nil && *s != wire.UserActive && *s != wire.UserDisabled {
		c.fail(wire.InvalidUserStatus, "status %d; expected 1 or 2", *s)
	}
}

func (c *coder) settings(s *wire.TopicSettings) {
	c.u8(&s.Compression)
	c.micros(&s.Expiry)
	c.u64(&s.MaxSize)
	c.u8(&s.Replication)
}

func (c *coder) consumer(v *wire.Consumer) {
	c.u8((*uint8)(&v.Kind))
	if c.err == nil && v.Kind != wire.SingleConsumer && v.Kind != wire.GroupConsumer {
		c.fail(wire.InvalidCommand, "a consumer of kind %d; expected 1 or 2", v.Kind)
	}
	c.id(&v.ID)
}

func (c *coder) partition(p *wire.Partition) {
	c.bool(&p.Given)
	c.u32(&p.Number)
}

func (c *coder) poll(r *wire.Poll) {
	c.consumer(&r.Consumer)
	c.ids(&r.Stream, &r.Topic)
	c.partition(&r.Partition)
	c.u8((*uint8)(&r.Strategy.Kind))
	if c.err == nil && (r.Strategy.Kind < wire.ByOffset || r.Strategy.Kind > wire.Next) {
		c.fail(wire.InvalidCommand, "a strategy of kind %d; expected 1 to 5", r.Strategy.Kind)
	}
	c.u64(&r.Strategy.Value)
	c.u32(&r.Count)
	c.bool(&r.AutoCommit)
}

// DecodeRequest reads the body of a request. Messages of a [wire.Send] are views of body; everything else is copied. The
// error wraps the [wire.Status] to answer with.
func DecodeRequest(do wire.Command, body []byte) (wire.Request, error) {
	r := blank(do)
	if r == nil {
		return nil, fmt.Errorf("%w: no command %d", wire.InvalidCommand, do)
	}
	c := decoder(body)
	c.request(r)
	if err := c.end(); err != nil {
		return nil, fmt.Errorf("request %d: %w", do, err)
	}
	return r, nil
}
