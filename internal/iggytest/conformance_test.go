package iggytest_test

import (
	"crypto/rand"
	"encoding/hex"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/internal/iggytest"
)

func TestMain(m *testing.M) {
	if data := os.Getenv(childData); data != "" {
		os.Exit(child(data))
	}
	// The SDK's heartbeat ends at its next tick, after up to 5 s.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/apache/iggy/foreign/go/client.NewIggyClient.func1"))
}

// conformance is the suite: what any client and any server of protocol 0.8 agree on. Each case gets streams and users of its own,
// so that it can run against a server that others use.
func conformance() map[string]func(t *testing.T, c suiteCase) {
	return map[string]func(t *testing.T, c suiteCase){
		"login":             testLogin,
		"tokens":            testTokens,
		"users":             testUsers,
		"system":            testSystem,
		"streams":           testStreams,
		"topics":            testTopics,
		"partitions":        testPartitions,
		"messages":          testMessages,
		"headers":           testHeaders,
		"large messages":    testLargeMessages,
		"partitioning":      testPartitioning,
		"strategies":        testStrategies,
		"probes":            testProbes,
		"refused messages":  testRefusedMessages,
		"offsets":           testOffsets,
		"auto commit":       testAutoCommit,
		"groups":            testGroups,
		"two members":       testTwoMembers,
		"group leaves":      testGroupLeaves,
		"pending partition": testPendingPartition,
	}
}

// suiteCase is a client's way to a server.
type suiteCase struct {
	server server
	dial   func(testing.TB, server) peer
}

// session is a new connection, logged in as root.
func (c suiteCase) session(t testing.TB) session {
	t.Helper()
	s := c.stranger(t)
	s.login(c.server.username, c.server.password)
	return s
}

// stranger is a new connection that is not logged in.
func (c suiteCase) stranger(t testing.TB) session {
	t.Helper()
	return session{t, c.dial(t, c.server)}
}

// unique is a name that no other case has.
func unique(prefix string) string {
	b := make([]byte, 6)
	_, _ = rand.Read(b) // never fails
	return prefix + "-" + hex.EncodeToString(b)
}

// stream creates a stream for the time of a test.
func stream(t testing.TB, s session) wire.Identifier {
	t.Helper()
	name := unique("conformance")
	must[wire.Stream](s, &wire.NewStream{Name: name})
	t.Cleanup(func() { _ = s.do(&wire.OnStream{Do: wire.DeleteStream, Stream: wire.Name(name)}, nil) })
	return wire.Name(name)
}

// topic creates a stream and in it the topic "t".
func topic(t testing.TB, s session, partitions uint32) (stream_, topic wire.Identifier) {
	t.Helper()
	stream_ = stream(t, s)
	must[wire.Topic](s, &wire.NewTopic{Stream: stream_, Partitions: partitions, Name: "t", Settings: wire.TopicSettings{Compression: 1}})
	return stream_, wire.Name("t")
}

// clients are all clients that the suite runs with.
func clients() map[string]func(testing.TB, server) peer {
	return map[string]func(testing.TB, server) peer{"sdk": newSDKPeer, "client": newClientPeer, "codec": newCodecPeer}
}

func runConformance(t *testing.T, s server) {
	for name, dial := range clients() {
		for title, run := range conformance() {
			t.Run(name+"/"+title, func(t *testing.T) { run(t, suiteCase{server: s, dial: dial}) })
		}
	}
}

func brokerServer(b *iggytest.Broker) server {
	return server{address: b.Address(), username: iggytest.Username, password: iggytest.Password}
}

// TestConformance holds the broker, and each client, to the protocol.
func TestConformance(t *testing.T) {
	runConformance(t, brokerServer(iggytest.Start(t, iggytest.Options{})))
}

// TestConformanceTLS is the same over TLS.
func TestConformanceTLS(t *testing.T) {
	authority := iggytest.NewAuthority(t)
	s := brokerServer(iggytest.Start(t, iggytest.Options{TLS: authority.Server("broker.test")}))
	s.caFile, s.serverName = authority.File, "broker.test"
	runConformance(t, s)
}

// TestConformanceOfAServer runs the suite against the server at IGGY_ADDRESS: the broker's claims, held to the real one.
func TestConformanceOfAServer(t *testing.T) {
	s := server{
		address: os.Getenv("IGGY_ADDRESS"), username: os.Getenv("IGGY_USERNAME"), password: os.Getenv("IGGY_PASSWORD"),
		caFile: os.Getenv("IGGY_TLS_CA_FILE"), serverName: os.Getenv("IGGY_TLS_SERVER_NAME"),
	}
	if s.address == "" {
		t.Skip("IGGY_ADDRESS is not set: there is no server to hold against the suite")
	}
	runConformance(t, s)
}
