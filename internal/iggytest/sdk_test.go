package iggytest_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"testing"

	"github.com/apache/iggy/foreign/go/client"
	"github.com/apache/iggy/foreign/go/client/tcp"
	iggcon "github.com/apache/iggy/foreign/go/contracts"
	ierror "github.com/apache/iggy/foreign/go/errors"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// sdkPeer is the official Go SDK: somebody else's reading of the protocol.
type sdkPeer struct {
	iggcon.Client
}

func newSDKPeer(t testing.TB, s server) peer {
	t.Helper()
	log.SetOutput(io.Discard) // the SDK tells each login
	options := []tcp.Option{tcp.WithServerAddress(s.address)}
	if s.caFile != "" {
		options = append(options, tcp.WithTLS(tcp.WithTLSCAFile(s.caFile), tcp.WithTLSDomain(s.serverName)))
	}
	c, err := client.NewIggyClient(client.WithTcp(options...))
	if err != nil {
		t.Fatal(err)
	}
	p := &sdkPeer{c}
	t.Cleanup(p.close)
	return p
}

func (p *sdkPeer) close() { _ = p.Close() }

// status is the wire.Status of an error of the SDK. What it finds missing by an empty reply is wire.ErrAbsent.
func status(r wire.Request, err error) error {
	e, ok := errors.AsType[ierror.IggyError](err)
	if !ok {
		return err
	}
	if e.Code() == ierror.Code(wire.GeneralError) {
		return fmt.Errorf("%w: %w", errNoName, err)
	}
	switch r.Command() {
	case wire.GetStream, wire.GetTopic, wire.GetGroup, wire.GetUser:
		return wire.ErrAbsent
	}
	return fmt.Errorf("%w: %w", wire.Status(e.Code()), err)
}

func (p *sdkPeer) do(r wire.Request, reply wire.Reply) error {
	for _, ask := range []func(wire.Request, wire.Reply) error{p.session, p.users, p.streams, p.topics, p.groups, p.messages} {
		if err := ask(r, reply); !errors.Is(err, errNotOffered) {
			return status(r, err)
		}
	}
	return errNotOffered
}

func ident(id wire.Identifier) iggcon.Identifier {
	var out iggcon.Identifier
	var err error
	if id.Name != "" {
		out, err = iggcon.NewIdentifier(id.Name)
	} else {
		out, err = iggcon.NewIdentifier(id.Number)
	}
	if err != nil {
		panic(err)
	}
	return out
}

func (p *sdkPeer) session(r wire.Request, reply wire.Reply) error {
	switch r := r.(type) {
	case *wire.Login:
		id, err := p.LoginUser(r.Username, r.Password)
		return identity(reply, id, err)
	case *wire.TokenLogin:
		id, err := p.LoginWithPersonalAccessToken(r.Token)
		return identity(reply, id, err)
	case *wire.NewToken:
		token, err := p.CreatePersonalAccessToken(r.Name, uint32(r.Expiry))
		if err == nil {
			reply.(*wire.RawToken).Token = token.Token
		}
		return err
	case *wire.OldToken:
		return p.DeletePersonalAccessToken(r.Name)
	case *wire.OnClient:
		c, err := p.GetClient(r.ID)
		if err == nil {
			*reply.(*wire.Client) = sdkClient(c.ClientInfo)
			for _, g := range c.ConsumerGroups[c.ConsumerGroupsCount:] { // the SDK puts as many empty ones before them
				out := reply.(*wire.Client)
				out.Groups = append(out.Groups, wire.ClientGroup{Stream: g.StreamId, Topic: g.TopicId, Group: g.GroupId})
			}
		}
		return err
	case wire.Bare:
		return p.bare(wire.Command(r), reply)
	}
	return errNotOffered
}

func identity(reply wire.Reply, id *iggcon.IdentityInfo, err error) error {
	if err == nil {
		reply.(*wire.Identity).User = id.UserId
	}
	return err
}

func sdkClient(c iggcon.ClientInfo) wire.Client {
	out := wire.Client{ID: c.ID, User: c.UserID, Address: c.Address, GroupCount: c.ConsumerGroupsCount}
	if c.Transport == string(iggcon.Tcp) {
		out.Transport = 1
	}
	return out
}

func (p *sdkPeer) bare(do wire.Command, reply wire.Reply) error {
	switch do {
	case wire.Ping:
		return p.Ping()
	case wire.Logout:
		return p.LogoutUser()
	case wire.GetStats:
		s, err := p.GetStats()
		if err == nil {
			*reply.(*wire.Stats) = wire.Stats{
				Process: s.ProcessId, Streams: s.StreamsCount, Topics: s.TopicsCount, Partitions: s.PartitionsCount, Segments: s.SegmentsCount,
				Messages: s.MessagesCount, SizeBytes: s.MessagesSizeBytes, Clients: s.ClientsCount, Groups: s.ConsumerGroupsCount,
				ServerVersion: s.IggyServerVersion, ServerSemver: s.IggyServerSemver,
			}
		}
		return err
	case wire.GetClients:
		list, err := p.GetClients()
		for _, c := range list {
			out := reply.(*wire.Clients)
			*out = append(*out, sdkClient(c))
		}
		return err
	case wire.GetTokens:
		list, err := p.GetPersonalAccessTokens()
		for _, token := range list {
			out := reply.(*wire.Tokens)
			*out = append(*out, wire.Token{Name: token.Name})
		}
		return err
	case wire.GetStreams:
		list, err := p.GetStreams()
		for _, s := range list {
			out := reply.(*wire.Streams)
			*out = append(*out, sdkStream(s))
		}
		return err
	case wire.GetUsers:
		list, err := p.GetUsers()
		for _, u := range list {
			out := reply.(*wire.Users)
			*out = append(*out, sdkUser(u))
		}
		return err
	}
	return errNotOffered
}

// sdkStatus is the SDK's own numbering of the states of users.
func sdkStatus(s iggcon.UserStatus) wire.UserStatus { return wire.UserStatus(s) + 1 }

func sdkUser(u iggcon.UserInfo) wire.User {
	return wire.User{ID: u.Id, Created: wire.Micros(u.CreatedAt), Status: sdkStatus(u.Status), Name: u.Username}
}

// permissions are those of the SDK for encoded ones that hold everywhere.
func permissions(encoded []byte) *iggcon.Permissions {
	if encoded == nil {
		return nil
	}
	on := func(i int) bool { return encoded[i] == 1 }
	return &iggcon.Permissions{Global: iggcon.GlobalPermissions{
		ManageServers: on(0), ReadServers: on(1), ManageUsers: on(2), ReadUsers: on(3), ManageStreams: on(4), ReadStreams: on(5),
		ManageTopics: on(6), ReadTopics: on(7), PollMessages: on(8), SendMessages: on(9),
	}}
}

func (p *sdkPeer) users(r wire.Request, reply wire.Reply) error {
	details := func(u *iggcon.UserInfoDetails, err error) error {
		if err != nil {
			return err
		}
		out := reply.(*wire.User)
		*out = sdkUser(u.UserInfo)
		if u.Permissions != nil {
			out.Permissions, err = u.Permissions.MarshalBinary()
		}
		return err
	}
	switch r := r.(type) {
	case *wire.NewUser:
		return details(p.CreateUser(r.Username, r.Password, iggcon.UserStatus(r.Status-1), permissions(r.Permissions)))
	case *wire.OnUser:
		if r.Do == wire.GetUser {
			return details(p.GetUser(ident(r.User)))
		}
		return p.DeleteUser(ident(r.User))
	case *wire.ChangedUser:
		var name *string
		var state *iggcon.UserStatus
		if r.Username != "" {
			name = &r.Username
		}
		if r.Status != 0 {
			s := iggcon.UserStatus(r.Status - 1)
			state = &s
		}
		return p.UpdateUser(ident(r.User), name, state)
	case *wire.ChangedPermissions:
		return p.UpdatePermissions(ident(r.User), permissions(r.Permissions))
	case *wire.ChangedPassword:
		return p.ChangePassword(ident(r.User), r.Old, r.New)
	}
	return errNotOffered
}
