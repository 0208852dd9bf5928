package iggytest_test

import (
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/iggy-flow/iggy-flow/internal/iggy/v08"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/internal/iggytest"
)

// FuzzFrames sends bytes to a broker that a client is logged in to. It answers whole replies or closes, never crashes, and goes
// on for others.
func FuzzFrames(f *testing.F) {
	broker := iggytest.Start(f, iggytest.Options{SegmentBytes: 1 << 16})
	s := brokerServer(broker)
	root := session{f, newCodecPeer(f, s)} // lives as long as all inputs
	root.login(s.username, s.password)
	must[wire.Stream](root, &wire.NewStream{Name: "s"})
	must[wire.Topic](root, &wire.NewTopic{Stream: streamS, Partitions: 2, Name: "t", Settings: wire.TopicSettings{Compression: 1}})
	must[wire.Group](root, &wire.NewGroup{Stream: streamS, Topic: topicT, Name: "g"})
	m := member{root, streamS, topicT}
	for _, r := range []wire.Request{
		wire.Bare(wire.Ping), wire.Bare(wire.GetStats), wire.Bare(wire.GetClients), m.on(wire.JoinGroup), m.poll(wire.Partition{}, 5),
		sendTo(streamS, topicT, 0, "a", "bc"), poll(streamS, topicT, 0, wire.Strategy{Kind: wire.Last}, 3), m.store(0, 0),
		&wire.SomePartitions{Do: wire.CreatePartitions, Stream: streamS, Topic: topicT, Count: 1},
		&wire.SomeSegments{Stream: streamS, Topic: topicT, Count: 1}, &wire.OnTopic{Do: wire.PurgeTopic, Stream: streamS, Topic: topicT},
		&wire.NewUser{Username: "user", Password: "password", Status: wire.UserActive, Permissions: make([]byte, 11)},
	} {
		frame, err := v08.Codec{}.AppendRequest(nil, r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(frame)
		f.Add(frame[:len(frame)-1])
		f.Add(append(binary.LittleEndian.AppendUint32(nil, 1<<31-1), frame[4:]...))
	}
	login, err := v08.Codec{}.AppendRequest(nil, &wire.Login{Username: s.username, Password: s.password, Version: "fuzz"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		conn, err := dialServer(s)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(deadline)); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(append(append([]byte{}, login...), data...)); err == nil {
			_ = conn.(*net.TCPConn).CloseWrite()
		}
		replies, err := io.ReadAll(conn)
		if err != nil && !isReset(err) {
			t.Fatalf("the broker did not answer or close: %v", err)
		}
		for len(replies) >= 8 {
			_, size := v08.Codec{}.ReplyHeader(replies)
			if size > len(replies)-8 {
				t.Fatalf("a reply of %d bytes has %d", size, len(replies)-8)
			}
			replies = replies[8+size:]
		}
		if len(replies) > 0 && err == nil {
			t.Fatalf("%d bytes are no reply", len(replies))
		}
		session{t, root.peer}.run(wire.Bare(wire.Ping))
	})
}

// isReset tells whether the other side closed with our bytes unread.
func isReset(err error) bool {
	_, ok := err.(*net.OpError)
	return ok && !err.(*net.OpError).Timeout()
}
