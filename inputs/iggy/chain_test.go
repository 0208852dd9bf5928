package iggy_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/internal/iggybroker"
	"github.com/iggy-flow/iggy-flow/internal/iggytest"
)

// count is how many messages the topic has.
func (s *shop) count() (n int) {
	s.t.Helper()
	found, err := s.client.Topic(s.t.Context(), wire.Name("shop"), wire.Name("orders"))
	if err != nil {
		s.t.Fatal(err)
	}
	return int(found.Messages)
}

// complete reports whether the run in a state directory is over.
func complete(t *testing.T, dir string) bool {
	t.Helper()
	d, err := checkpoint.OpenDirectory(dir)
	if err != nil {
		t.Fatal(err)
	}
	data, err := d.Load(t.Context())
	if err = errors.Join(err, d.Close()); err != nil {
		t.Fatal(err)
	}
	c, err := checkpoint.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return c.Complete
}

// TestAChainThroughIggyGivesEachRecordOnce: a pipeline that fills a topic and one that reads it with dedupe: origin are
// killed again and again, and the broker starts anew; the first one sends much twice, and each record arrives once.
func TestAChainThroughIggyGivesEachRecordOnce(t *testing.T) {
	records := 12_000
	if testing.Short() {
		records = 4_000
	}
	s := newShop(t, 3, iggytest.Options{})
	from, to := t.TempDir(), t.TempDir()
	var lines strings.Builder
	for n := range records {
		fmt.Fprintf(&lines, "{\"p\":%d,\"n\":%d}\n", n%7, n)
	}
	if err := os.WriteFile(filepath.Join(from, "in.ndjson"), []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	feed := fmt.Sprintf(`name: feed
input: {file: in.ndjson, schema: {fields: {p: int64, n: int64}}}
output:
  iggy:
    address: %s
    username: %s
    password: %s
    stream: shop
    topic: orders
    batch: {messages: 100}
    retry: {base: 1ms, max: 10ms}
checkpoint: {interval: 5ms}
`, s.broker.Address(), iggytest.Username, iggytest.Password)
	audit := s.document("consumer: audit\n    dedupe: origin\n    batch_size: 200", "output: {file: out.ndjson}")
	random := rand.New(rand.NewPCG(3, 4))
	arrived := func() (n int) {
		for _, rows := range rows(t, filepath.Join(to, "out.ndjson")) {
			n += len(rows)
		}
		return n
	}

	reader := start(t, to, audit, "0")
	// Without a checkpoint between, the second life sends all of the first again.
	// It is kept from its end, behind which another start would be another run.
	stall := s.broker.Faults().Inject(iggybroker.Fault{On: []wire.Command{wire.SendMessages}, Skip: 25, Do: iggybroker.Stall})
	writer := start(t, from, strings.Replace(feed, "5ms}\n", "1h}\n", 1), "0")
	until(t, "messages", func() bool { return s.count() > 2000 })
	writer.end(t, false)
	stall.Remove()
	for done := false; !done; {
		before := s.count()
		writer = start(t, from, feed, "0")
		target := before + 500 + random.IntN(4000)
		until(t, "messages or the end", func() bool {
			select {
			case err := <-writer.ended:
				if err != nil {
					t.Fatal(err)
				}
				done = true
			default:
			}
			return done || s.count() >= target
		})
		if done {
			break
		}
		writer.kill()
		if err := <-writer.ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		done = complete(t, filepath.Join(from, "state")) // killed at the last moment: another start would be another run
		switch random.IntN(3) {
		case 0:
			reader.end(t, false)
			reader = start(t, to, audit, "0")
		case 1:
			s.broker.Restart(true)
		}
	}
	until(t, "every record", func() bool { return arrived() >= records })
	reader.end(t, true)
	if sent := s.count(); sent <= records {
		t.Errorf("%d messages of %d records: nothing was sent twice, so nothing is shown", sent, records)
	}
	got := slices.Sorted(func(yield func(int64) bool) {
		for _, numbers := range maps.All(rows(t, filepath.Join(to, "out.ndjson"))) {
			for _, n := range numbers {
				if !yield(n) {
					return
				}
			}
		}
	})
	for i, n := range got {
		if n != int64(i) {
			t.Fatalf("number %d stands where %d belongs: lost or doubled", n, i)
		}
	}
	if len(got) != records {
		t.Errorf("%d of %d records", len(got), records)
	}
}
