package iggy_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	client "github.com/iggy-flow/iggy-flow/internal/iggy"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/internal/iggytest"
	"github.com/iggy-flow/iggy-flow/outputs/iggy"
	"github.com/iggy-flow/iggy-flow/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestExamples(t *testing.T) { enginetest.Examples(t, iggy.Register) }

var orders = schemas.New(
	schemas.Field{Name: "id", Type: schemas.Of(schemas.Int64)},
	schemas.Field{Name: "status", Type: schemas.Of(schemas.String)},
)

// open starts an output that config describes further.
func open(t *testing.T, b *iggytest.Broker, config string, s engine.Start) (engine.Output, *engine.Out, *enginetest.Result) {
	t.Helper()
	document := fmt.Sprintf("name: orders\ninput: {test: {}}\noutput:\n  iggy:\n    address: %s\n    username: %s\n    password: %s\n    stream: shop\n    %s\n",
		b.Address(), iggytest.Username, iggytest.Password, strings.ReplaceAll(config, "\n", "\n    "))
	o := enginetest.Output(t, iggy.Register, source.NewFile("orders.yaml", []byte(document)))
	if ds := o.Bind(engine.Shape{Columns: orders, Meta: schemas.New()}); ds.HasErrors() {
		t.Fatal(ds.Render())
	}
	s.Pipeline = "orders"
	if err := o.Open(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	out, result := enginetest.Outbox(t)
	return o, out, result
}

func lines(from, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "{\"id\":%d,\"status\":\"c%d\"}\n", from+i, (from+i)%7)
	}
	return b.String()
}

// write hands rows over that are records of a split from first on.
func write(t *testing.T, o engine.Output, out *engine.Out, first int, ndjson string) {
	t.Helper()
	b := enginetest.Batch(t, arrowtest.Allocator(t), orders, ndjson)
	b.Origin = engine.Records("test", int64(first), b.Len(), nil)
	if err := o.Write(t.Context(), b, out); err != nil {
		t.Fatal(err)
	}
}

// message is one of a topic, as another client reads it.
type message struct {
	payload string
	id      wire.MessageID
	headers map[string]string
}

// read returns the messages of a topic, by partition.
func read(t *testing.T, b *iggytest.Broker, topic string) [][]message {
	t.Helper()
	c, err := client.Dial(t.Context(), client.Config{Addresses: []string{b.Address()}, Credentials: client.Credentials{Username: iggytest.Username, Password: dsl.NewSecret(iggytest.Password)}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	found, err := c.Topic(t.Context(), wire.Name("shop"), wire.Name(topic))
	if err != nil {
		t.Fatal(err)
	}
	all := make([][]message, found.PartitionCount)
	for p := range found.PartitionCount {
		for {
			var batch client.Batch
			err := c.Poll(t.Context(), &wire.Poll{
				Consumer: wire.Consumer{Kind: wire.SingleConsumer, ID: wire.Name("test")}, Stream: wire.Name("shop"), Topic: wire.Name(topic),
				Partition: wire.OfPartition(p), Strategy: wire.FromOffset(uint64(len(all[p]))), Count: 10_000,
			}, &batch)
			if err != nil {
				t.Fatal(err)
			}
			for i := range batch.Len() {
				m := message{payload: string(batch.Payload(i)), id: batch.ID[i], headers: map[string]string{}}
				if err := wire.EachHeader(batch.Headers(i), func(h wire.Header) bool {
					m.headers[string(h.Key)] = string(h.Value)
					return true
				}); err != nil {
					t.Fatal(err)
				}
				all[p] = append(all[p], m)
			}
			if batch.Len() == 0 {
				break
			}
		}
	}
	return all
}

func TestRecordsKeepTheirOrderAndIdentity(t *testing.T) {
	b := iggytest.Start(t, iggytest.Options{})
	var first [][]message
	for life := range 2 { // the second one is a process that sends again what the first has sent
		o, out, _ := open(t, b, "topic: orders\ncreate: {partitions: 3}\nheaders: {buyer: status, n: id}", engine.Start{Identity: engine.Identity{Run: "r", Generation: 1}})
		for i := range 5 {
			write(t, o, out, 1000*i, lines(1000*i, 1000))
		}
		if err := o.Flush(t.Context(), out); err != nil {
			t.Fatal(err)
		}
		if a := out.Account(); a.Count(engine.Delivered) != 5000 {
			t.Errorf("%+v", a)
		}
		if life == 0 {
			first = read(t, b, "orders")
		}
	}
	total := 0
	for p, messages := range read(t, b, "orders") {
		half := len(messages) / 2
		total += half
		for i, m := range messages[:half] {
			if again := messages[half+i]; again.id != m.id || again.payload != m.payload || again.headers["iggy-flow-origin"] != m.headers["iggy-flow-origin"] {
				t.Fatalf("partition %d, message %d: %+v was sent again as %+v", p, i, m, again)
			}
			if i > 0 && messages[i-1].id == m.id {
				t.Fatalf("partition %d: messages %d and %d have one id", p, i-1, i)
			}
		}
		if len(first[p]) != half {
			t.Errorf("partition %d has %d messages of the first life and %d in all", p, len(first[p]), len(messages))
		}
	}
	if total != 5000 || len(first[0])*len(first[1])*len(first[2]) == 0 {
		t.Errorf("%d messages, of the partitions %d, %d and %d", total, len(first[0]), len(first[1]), len(first[2]))
	}
	all := slices.Concat(first...)
	m := all[slices.IndexFunc(all, func(m message) bool { return strings.HasPrefix(m.payload, `{"id":3,`) })]
	if m.payload != `{"id":3,"status":"c3"}` || m.headers["buyer"] != "c3" || m.headers["n"] != "\x03\x00\x00\x00\x00\x00\x00\x00" || m.headers["iggy-flow-origin"] != "orders-r-1/test/3/0" {
		t.Errorf("message 3 is %+v", m)
	}
}

func TestAHeaderThatIsTooLongIsRejected(t *testing.T) {
	b := iggytest.Start(t, iggytest.Options{})
	o, out, result := open(t, b, "topic: orders\nheaders: {buyer: status}", engine.Start{})
	write(t, o, out, 0, `{"id":0,"status":"`+strings.Repeat("x", 256)+`"}`+"\n"+`{"id":1,"status":"`+strings.Repeat("x", 255)+`"}`)
	if err := o.Flush(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	if len(result.Rejected) != 1 || result.Rejected[0].Code != "header-size" || len(read(t, b, "orders")[0]) != 1 {
		t.Errorf("rejected: %+v", result.Rejected)
	}
}

func TestAKeyAndARouteChoose(t *testing.T) {
	b := iggytest.Start(t, iggytest.Options{})
	o, out, _ := open(t, b, "route: '\"orders_\" + string(id % 2)'\nkey: status\norigin: false\ncreate: {partitions: 4}\nbatch: {messages: 7, linger: 1ms}", engine.Start{})
	write(t, o, out, 0, lines(0, 700))
	if err := o.Flush(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	total := 0
	for topic := range 2 {
		for p, messages := range read(t, b, fmt.Sprintf("orders_%d", topic)) {
			total += len(messages)
			last := map[string]int{}
			for _, m := range messages {
				var id int
				var status string
				if _, err := fmt.Sscanf(strings.NewReplacer(`"`, " ", ",", " ", "}", " ").Replace(m.payload), "{ id :%d  status : %s", &id, &status); err != nil {
					t.Fatalf("%s: %v", m.payload, err)
				}
				if id%2 != topic || wire.Hash([]byte(status))%4 != uint32(p) || len(m.headers) != 0 {
					t.Fatalf("topic %d, partition %d has %s", topic, p, m.payload)
				}
				if id <= last[status] && id > 1 {
					t.Fatalf("the records of %s are out of order", status)
				}
				last[status] = id
			}
		}
	}
	if total != 700 {
		t.Errorf("%d messages of 700", total)
	}
}

func TestWhatTheServerWouldRefuseIsRejected(t *testing.T) {
	b := iggytest.Start(t, iggytest.Options{})
	o, out, result := open(t, b, "topic: orders\npartition: id", engine.Start{})
	write(t, o, out, 0, `{"id":0,"status":"ok"}`+"\n"+`{"id":1,"status":"no such partition"}`+"\n"+`{"id":0,"status":"`+strings.Repeat("x", wire.MaxPayload)+`"}`)
	if err := o.Flush(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, r := range result.Rejected {
		codes = append(codes, r.Code)
	}
	if !slices.Equal(codes, []string{"route-partition", "message-size"}) || len(read(t, b, "orders")[0]) != 1 {
		t.Errorf("rejected as %v", codes)
	}
}

// TestFault21BrokerRestartWhileSending: every message is there; those whose confirmation was lost may be there twice, with
// one id.
func TestFault21BrokerRestartWhileSending(t *testing.T) {
	b := iggytest.Start(t, iggytest.Options{})
	o, out, _ := open(t, b, "topic: orders\nbatch: {messages: 10}\nretry: {base: 1ms, max: 10ms}", engine.Start{})
	for i := range 60 {
		if i%20 == 10 {
			b.Restart(true)
		}
		write(t, o, out, 100*i, lines(100*i, 100))
	}
	if err := o.Flush(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	seen := map[wire.MessageID]bool{}
	next := 0
	for _, m := range read(t, b, "orders")[0] {
		if !seen[m.id] {
			if want := fmt.Sprintf(`{"id":%d,"status":"c%d"}`, next, next%7); m.payload != want {
				t.Fatalf("%s stands where %s belongs", m.payload, want)
			}
			next++
		}
		seen[m.id] = true
	}
	if next != 6000 {
		t.Errorf("%d different messages of 6000", next)
	}
}

func TestAMissingTopicAndAWrongPasswordAreSaid(t *testing.T) {
	b := iggytest.Start(t, iggytest.Options{})
	for config, want := range map[string]string{
		"topic: none\non_missing: fail": "shop",
	} {
		document := fmt.Sprintf("name: orders\ninput: {test: {}}\noutput:\n  iggy:\n    address: %s\n    username: %s\n    password: %s\n    stream: shop\n    %s\n",
			b.Address(), iggytest.Username, iggytest.Password, strings.ReplaceAll(config, "\n", "\n    "))
		o := enginetest.Output(t, iggy.Register, source.NewFile("orders.yaml", []byte(document)))
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		err := o.Open(ctx, engine.Start{})
		cancel()
		if err == nil || !strings.Contains(err.Error(), want) || !engine.IsPermanent(err) || ctx.Err() == context.DeadlineExceeded {
			t.Errorf("%s gives %v", config, err)
		}
		if err := o.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
