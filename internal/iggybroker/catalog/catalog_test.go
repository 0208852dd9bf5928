package catalog_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/internal/iggybroker/catalog"
	"github.com/iggy-flow/iggy-flow/internal/iggybroker/partition"
)

var options = catalog.Options{Partition: partition.Options{SegmentBytes: 1 << 16}, Now: time.Now}

func open(t *testing.T, dir string) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Open(dir, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func create(t *testing.T, c *catalog.Catalog, stream string, topics ...string) {
	t.Helper()
	if _, err := c.CreateStream(&wire.NewStream{Name: stream}); err != nil {
		t.Fatal(err)
	}
	for _, name := range topics {
		r := &wire.NewTopic{Stream: wire.Name(stream), Name: name, Partitions: 2, Settings: wire.TopicSettings{Compression: 1}}
		if _, err := c.CreateTopic(r); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRestOfADeletionIsSwept: a crash between the catalog's change and the removal leaves folders that no start may read.
func TestRestOfADeletionIsSwept(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir)
	create(t, c, "s", "t")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{"topics/9", "topics/1/2"} {
		if err := os.MkdirAll(filepath.Join(dir, left), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	open(t, dir)
	for path, want := range map[string]bool{"topics/9": false, "topics/1/2": false, "topics/1/1": true} {
		if _, err := os.Stat(filepath.Join(dir, path)); (err == nil) != want {
			t.Errorf("%s: %v; should it be there: %v", path, err, want)
		}
	}
}

func TestLostCatalogRefusesTheStart(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir)
	create(t, c, "s", "t")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "catalog.json")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := catalog.Open(dir, options); err == nil || !strings.Contains(err.Error(), path+" is missing") {
		t.Errorf("opened with %v; want the missing file named", err)
	}
	if err := os.WriteFile(path, []byte(`{"version":7}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := catalog.Open(dir, options); err == nil || !strings.Contains(err.Error(), "version 7") {
		t.Errorf("opened with %v; want the version named", err)
	}
}

func TestIDsAreTheLowestFree(t *testing.T) {
	c := open(t, t.TempDir())
	create(t, c, "a", "t0", "t1", "t2")
	create(t, c, "b")
	if err := c.DeleteTopic(wire.Name("a"), wire.Name("t1")); err != nil {
		t.Fatal(err)
	}
	again, err := c.CreateTopic(&wire.NewTopic{Stream: wire.Name("a"), Name: "t3", Settings: wire.TopicSettings{Compression: 1}})
	if err != nil || again.ID != 1 {
		t.Errorf("the topic got %+v, %v; want the free id 1", again, err)
	}
	if err := c.DeleteStream(wire.ID(0)); err != nil {
		t.Fatal(err)
	}
	if s, err := c.CreateStream(&wire.NewStream{Name: "c"}); err != nil || s.ID != 0 {
		t.Errorf("the stream got %+v, %v; want the free id 0", s, err)
	}
}

// TestDeletedTopicTakesNothing: who still holds it is told so, and what is sent does not come back with a later topic.
func TestDeletedTopicTakesNothing(t *testing.T) {
	c := open(t, t.TempDir())
	create(t, c, "s", "t")
	held, err := c.Topic(wire.Name("s"), wire.Name("t"))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.DeleteTopic(wire.Name("s"), wire.Name("t")); err != nil {
		t.Fatal(err)
	}
	frame := make([]byte, partition.HeaderBytes+partition.MessageHeaderBytes)
	if err := held.Send(wire.Balanced(), frame, partition.HeaderBytes, 1, 1); !errors.Is(err, wire.TopicIDNotFound) {
		t.Errorf("a send to a deleted topic: %v", err)
	}
	var view partition.View
	poll := &wire.Poll{Consumer: wire.Consumer{Kind: wire.SingleConsumer}, Strategy: wire.FromOffset(0), Count: 1}
	if _, err := held.Poll(&view, poll, 1); err != nil || view.Count != 0 {
		t.Errorf("a poll of a deleted topic: %d messages, %v", view.Count, err)
	}
}
