package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestAReplayThatIsKilledLosesAndDoublesNothing kills a replay again and again while it writes: in the end each record is
// in the output or in the new dead letter, once, in order.
func TestAReplayThatIsKilledLosesAndDoublesNothing(t *testing.T) {
	const letters, bad = 60_000, 7 // every bad-th fails again
	dir := t.TempDir()
	var dead strings.Builder
	for i := range letters {
		raw := fmt.Sprintf(`{\"id\":%d,\"note\":\"some text that makes the record longer\"}`, i)
		if i%bad == 0 {
			raw = fmt.Sprintf(`{\"id\":%d,\"note\":%d}`, i, i)
		}
		fmt.Fprintf(&dead, `{"pipeline":"orders","component":"input","class":"type","code":"json-type","error":"e","split":"file","ordinal":%d,"attempts":1,"time":"2026-01-31T12:00:00Z","raw":"%s"}`+"\n", i, raw)
	}
	writeFile(t, filepath.Join(dir, "dead.ndjson"), dead.String())
	writeFile(t, filepath.Join(dir, "orders.yaml"), "name: orders\ninput: {file: gone.ndjson, schema: {fields: {id: int64, note: string}}}\noutput: {file: out.ndjson}\ncheckpoint: {interval: 3ms}\n")

	kills := 0
	for life := int64(1); ; life++ {
		cmd := command(t, dir, "dlq", "replay", "orders.yaml", "dead.ndjson", "--state", "state", "-q")
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		killed := make(chan bool, 1)
		go func() {
			defer close(killed)
			for life <= 10 {
				select {
				case <-done:
					return
				case <-time.After(time.Millisecond):
				}
				if hiddenSize(t, dir) > life*letters/12*50 {
					_ = cmd.Process.Kill() // a process that has ended meanwhile is not killed
					killed <- true
					return
				}
			}
		}()
		err := cmd.Wait()
		close(done)
		if <-killed {
			kills++
		}
		if err == nil {
			break
		}
		if life > 10 {
			t.Fatal(err)
		}
	}
	if kills < 3 {
		t.Errorf("the replay was killed %d times; the test means more", kills)
	}
	good, again := readIDs(t, dir, "out.replay-*.ndjson"), readIDs(t, dir, "dead.replay-*.ndjson")
	for i := range letters {
		from := &good
		if i%bad == 0 {
			from = &again
		}
		if len(*from) == 0 || (*from)[0] != i {
			t.Fatalf("record %d is lost, doubled or out of order: %.5v and %.5v follow", i, good, again)
		}
		*from = (*from)[1:]
	}
	if len(good)+len(again) > 0 {
		t.Errorf("%d rows and %d letters too many", len(good), len(again))
	}
}

// hiddenSize is how much of the output is written.
func hiddenSize(t *testing.T, dir string) (size int64) {
	paths, err := filepath.Glob(filepath.Join(dir, ".out.replay-*.part"))
	if err != nil {
		t.Error(err)
	}
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil {
			size += info.Size()
		}
	}
	return size
}

// readIDs reads the ids of the records, or letters, in the one file that pattern names.
func readIDs(t *testing.T, dir, pattern string) (ids []int) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(paths) != 1 {
		t.Fatalf("%s names %v, %v", pattern, paths, err)
	}
	f, err := os.Open(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	for lines := bufio.NewScanner(f); lines.Scan(); {
		_, rest, _ := strings.Cut(strings.ReplaceAll(lines.Text(), `\"`, `"`), `"id":`)
		var id int
		if _, err := fmt.Sscanf(rest, "%d", &id); err != nil {
			t.Fatalf("%s: %s", paths[0], lines.Text())
		}
		ids = append(ids, id)
	}
	return ids
}
