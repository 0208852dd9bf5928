package iggytest_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

func testLogin(t *testing.T, c suiteCase) {
	s := c.stranger(t)
	if err := s.do(wire.Bare(wire.Ping), nil); err != nil && !errors.Is(err, errNotOffered) {
		t.Errorf("a stranger's ping: %v", err)
	}
	s.refused(wire.Bare(wire.GetStreams), &wire.Streams{}, wire.Unauthenticated)
	s.refused(&wire.Login{Username: c.server.username, Password: "not " + c.server.password}, &wire.Identity{}, wire.InvalidCredentials)
	s.refused(&wire.Login{Username: unique("nobody"), Password: "whatever"}, &wire.Identity{}, wire.InvalidCredentials)
	s.login(c.server.username, c.server.password)
	must[wire.Streams](s, wire.Bare(wire.GetStreams))
	if err := s.do(wire.Bare(wire.Logout), nil); errors.Is(err, errNotOffered) {
		return
	} else if err != nil {
		t.Fatal(err)
	}
	s.refused(wire.Bare(wire.GetStreams), &wire.Streams{}, wire.Unauthenticated)
}

func testTokens(t *testing.T, c suiteCase) {
	s := c.session(t)
	name := unique("tok")
	text := must[wire.RawToken](s, &wire.NewToken{Name: name, Expiry: 3_600_000_000}).Token
	t.Cleanup(func() { _ = s.do(&wire.OldToken{Name: name}, nil) })
	s.refused(&wire.NewToken{Name: name}, &wire.RawToken{}, wire.TokenAlreadyExists)
	list := must[wire.Tokens](s, wire.Bare(wire.GetTokens))
	if !slices.ContainsFunc(list, func(v wire.Token) bool { return v.Name == name }) {
		t.Errorf("%s is not among the tokens %v", name, list)
	}

	other := c.stranger(t)
	user := must[wire.Identity](other, &wire.TokenLogin{Token: text}).User
	if want := s.login(c.server.username, c.server.password); user != want {
		t.Errorf("the token logs in as user %d, want %d", user, want)
	}
	must[wire.Streams](other, wire.Bare(wire.GetStreams))
	s.run(&wire.OldToken{Name: name})
	c.stranger(t).refused(&wire.TokenLogin{Token: text}, &wire.Identity{}, wire.InvalidToken)
}

func testUsers(t *testing.T, c suiteCase) {
	root := c.session(t)
	name, password := unique("user"), "first-password"
	readers := []byte{0, 0, 0, 0, 0, 1, 0, 1, 1, 0, 0} // may read streams and topics and poll
	created := must[wire.User](root, &wire.NewUser{Username: name, Password: password, Status: wire.UserActive, Permissions: readers})
	id := wire.ID(created.ID)
	t.Cleanup(func() { _ = root.do(&wire.OnUser{Do: wire.DeleteUser, User: id}, nil) })
	root.refused(&wire.NewUser{Username: name, Password: password, Status: wire.UserActive}, &wire.User{}, wire.UserAlreadyExists)

	got := must[wire.User](root, &wire.OnUser{Do: wire.GetUser, User: wire.Name(name)})
	if diff := cmp.Diff(created, got); diff != "" || got.Name != name || got.Status != wire.UserActive || !slices.Equal(got.Permissions, readers) {
		t.Errorf("the user is %+v (-created +got):\n%s", got, diff)
	}
	users := must[wire.Users](root, wire.Bare(wire.GetUsers))
	if !slices.ContainsFunc(users, func(u wire.User) bool { return u.ID == created.ID && u.Name == name }) {
		t.Errorf("%s is not among the users", name)
	}

	user := c.stranger(t)
	if logged := user.login(name, password); logged != created.ID {
		t.Errorf("logged in as %d, want %d", logged, created.ID)
	}
	must[wire.Streams](user, wire.Bare(wire.GetStreams))
	user.refused(&wire.NewStream{Name: unique("forbidden")}, &wire.Stream{}, wire.Unauthorized)
	user.refused(wire.Bare(wire.GetUsers), &wire.Users{}, wire.Unauthorized)
	user.run(&wire.ChangedPassword{User: id, Old: password, New: "second-password"})
	user.refused(&wire.ChangedPassword{User: id, Old: password, New: "third-password"}, nil, wire.InvalidCredentials)

	root.run(&wire.ChangedPermissions{User: id, Permissions: []byte{0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0}})
	stream(t, user)
	renamed := unique("renamed")
	root.run(&wire.ChangedUser{User: id, Username: renamed})
	c.stranger(t).refused(&wire.Login{Username: name, Password: "second-password"}, &wire.Identity{}, wire.InvalidCredentials)
	c.stranger(t).login(renamed, "second-password")
	root.run(&wire.ChangedUser{User: id, Status: wire.UserDisabled})
	c.stranger(t).refused(&wire.Login{Username: renamed, Password: "second-password"}, &wire.Identity{}, wire.UserInactive)
	root.run(&wire.OnUser{Do: wire.DeleteUser, User: id})
	root.refused(&wire.OnUser{Do: wire.GetUser, User: id}, &wire.User{}, wire.ErrAbsent)
}

func testSystem(t *testing.T, c suiteCase) {
	s := c.session(t)
	before := must[wire.Stats](s, wire.Bare(wire.GetStats))
	st, tp := topic(t, s, 3)
	s.run(&wire.Send{Stream: st, Topic: tp, Partitioning: wire.ToPartition(0), Messages: text("a", "b")})
	after := must[wire.Stats](s, wire.Bare(wire.GetStats))
	if after.ServerVersion != "0.8.0" || after.ServerSemver != 8000 || after.Process == 0 || after.Clients == 0 {
		t.Errorf("stats are %+v", after)
	}
	if after.Streams < before.Streams+1 || after.Partitions < before.Partitions+3 || after.Messages < before.Messages+2 {
		t.Errorf("stats went from %+v to %+v with a stream, 3 partitions and 2 messages more", before, after)
	}
	s.refused(wire.Bare(wire.GetCluster), &wire.Cluster{}, wire.FeatureUnavailable)

	group := must[wire.Group](s, &wire.NewGroup{Stream: st, Topic: tp, Name: "g"})
	list := must[wire.Clients](s, wire.Bare(wire.GetClients))
	known := map[uint32]bool{}
	for _, v := range list {
		known[v.ID] = true
		if v.Transport != 1 || v.Address == "" {
			t.Errorf("a client is %+v", v)
		}
	}
	s.run(&wire.OnGroup{Do: wire.JoinGroup, Stream: st, Topic: tp, Group: wire.Name("g")})
	var me wire.Client
	for _, v := range must[wire.Clients](s, wire.Bare(wire.GetClients)) {
		if v.GroupCount == 1 {
			me = must[wire.Client](s, &wire.OnClient{ID: v.ID})
		}
	}
	streamID := must[wire.Stream](s, &wire.OnStream{Do: wire.GetStream, Stream: st}).ID
	topicID := must[wire.Topic](s, &wire.OnTopic{Do: wire.GetTopic, Stream: st, Topic: tp}).ID
	want := []wire.ClientGroup{{Stream: streamID, Topic: topicID, Group: group.ID}}
	if diff := cmp.Diff(want, me.Groups); diff != "" || !known[me.ID] {
		t.Errorf("the client is %+v (-want +got):\n%s", me, diff)
	}
	s.run(&wire.OnGroup{Do: wire.LeaveGroup, Stream: st, Topic: tp, Group: wire.Name("g")})
}

func testStreams(t *testing.T, c suiteCase) {
	s := c.session(t)
	name := unique("stream")
	created := must[wire.Stream](s, &wire.NewStream{Name: name})
	t.Cleanup(func() { _ = s.do(&wire.OnStream{Do: wire.DeleteStream, Stream: wire.ID(created.ID)}, nil) })
	if created.Name != name || created.Created == 0 || created.TopicCount != 0 {
		t.Errorf("created %+v", created)
	}
	s.refused(&wire.NewStream{Name: name}, &wire.Stream{}, wire.StreamNameExists)
	for _, id := range []wire.Identifier{wire.Name(name), wire.ID(created.ID)} {
		got := must[wire.Stream](s, &wire.OnStream{Do: wire.GetStream, Stream: id})
		if diff := cmp.Diff(created, got); diff != "" {
			t.Errorf("stream %s (-created +got):\n%s", id, diff)
		}
	}
	renamed := unique("renamed")
	s.run(&wire.ChangedStream{Stream: wire.Name(name), Name: renamed})
	s.refused(&wire.OnStream{Do: wire.GetStream, Stream: wire.Name(name)}, &wire.Stream{}, wire.ErrAbsent)
	list := must[wire.Streams](s, wire.Bare(wire.GetStreams))
	if !slices.ContainsFunc(list, func(v wire.Stream) bool { return v.ID == created.ID && v.Name == renamed }) {
		t.Errorf("%s is not among the streams", renamed)
	}
	s.run(&wire.OnStream{Do: wire.DeleteStream, Stream: wire.ID(created.ID)})
	s.refused(&wire.OnStream{Do: wire.DeleteStream, Stream: wire.Name(renamed)}, nil, wire.StreamIDNotFound)
}

func testTopics(t *testing.T, c suiteCase) {
	s := c.session(t)
	st := stream(t, s)
	settings := wire.TopicSettings{Compression: 2, Expiry: 3_600_000_000, MaxSize: 2 << 30, Replication: 1}
	created := must[wire.Topic](s, &wire.NewTopic{Stream: st, Partitions: 2, Settings: settings, Name: "orders"})
	if created.Settings != settings || created.Name != "orders" || created.PartitionCount != 2 || len(created.Partitions) != 2 {
		t.Errorf("created %+v", created)
	}
	s.refused(&wire.NewTopic{Stream: st, Partitions: 2, Settings: settings, Name: "orders"}, &wire.Topic{}, wire.TopicNameExists)
	s.refused(&wire.NewTopic{Stream: wire.Name(unique("none")), Settings: settings, Name: "orders"}, &wire.Topic{}, wire.StreamIDNotFound)
	defaults := must[wire.Topic](s, &wire.NewTopic{Stream: st, Partitions: 1, Settings: wire.TopicSettings{Compression: 1}, Name: "defaults"})
	if d := defaults.Settings; d.Expiry != wire.Never || d.MaxSize != uint64(wire.Never) || d.Replication != 1 {
		t.Errorf("defaults are %+v", d)
	}

	got := must[wire.Topic](s, &wire.OnTopic{Do: wire.GetTopic, Stream: st, Topic: wire.Name("orders")})
	if diff := cmp.Diff(created, got); diff != "" {
		t.Errorf("topic (-created +got):\n%s", diff)
	}
	changed := wire.TopicSettings{Compression: 1, Expiry: wire.Never, MaxSize: 3 << 30, Replication: 1}
	s.run(&wire.ChangedTopic{Stream: st, Topic: wire.ID(created.ID), Settings: changed, Name: "sales"})
	got = must[wire.Topic](s, &wire.OnTopic{Do: wire.GetTopic, Stream: st, Topic: wire.Name("sales")})
	if got.Settings != changed || got.ID != created.ID {
		t.Errorf("after the change: %+v", got)
	}
	list := must[wire.Topics](s, &wire.OnStream{Do: wire.GetTopics, Stream: st})
	whole := must[wire.Stream](s, &wire.OnStream{Do: wire.GetStream, Stream: st})
	if len(list) != 2 || whole.TopicCount != 2 || len(whole.Topics) != 2 {
		t.Errorf("%d topics listed, %d counted, %d in the stream; want 2", len(list), whole.TopicCount, len(whole.Topics))
	}
	s.run(&wire.OnTopic{Do: wire.DeleteTopic, Stream: st, Topic: wire.Name("sales")})
	s.refused(&wire.OnTopic{Do: wire.GetTopic, Stream: st, Topic: wire.Name("sales")}, &wire.Topic{}, wire.ErrAbsent)
}

func testPartitions(t *testing.T, c suiteCase) {
	s := c.session(t)
	st, tp := topic(t, s, 1)
	count := func() uint32 {
		return must[wire.Topic](s, &wire.OnTopic{Do: wire.GetTopic, Stream: st, Topic: tp}).PartitionCount
	}
	s.run(&wire.SomePartitions{Do: wire.CreatePartitions, Stream: st, Topic: tp, Count: 3})
	if n := count(); n != 4 {
		t.Errorf("%d partitions, want 4", n)
	}
	s.run(&wire.Send{Stream: st, Topic: tp, Partitioning: wire.ToPartition(3), Messages: text("a")})
	s.run(&wire.SomePartitions{Do: wire.DeletePartitions, Stream: st, Topic: tp, Count: 2})
	if n := count(); n != 2 {
		t.Errorf("%d partitions, want 2", n)
	}
	s.refused(&wire.Send{Stream: st, Topic: tp, Partitioning: wire.ToPartition(3), Messages: text("a")}, nil, wire.PartitionNotFound)
	s.run(&wire.SomePartitions{Do: wire.CreatePartitions, Stream: st, Topic: tp, Count: 2})
	b := batch(s, poll(st, tp, 3, wire.Strategy{Kind: wire.First}, 10))
	if b.Len() != 0 {
		t.Errorf("a new partition has the %d messages of a deleted one", b.Len())
	}
}
