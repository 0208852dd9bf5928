package partition_test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/internal/iggybroker/partition"
)

// TestOffsetsAreTheirModel: store, advance, delete and opening again, also behind a torn record.
func TestOffsetsAreTheirModel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "offsets")
	rapid.Check(t, func(t *rapid.T) {
		_ = os.Remove(path)
		o, err := partition.OpenOffsets(path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = o.Close() }()
		model := map[partition.Consumer]uint64{}
		consumer := func(t *rapid.T) partition.Consumer {
			return partition.Consumer{Group: rapid.Bool().Draw(t, "group"), ID: rapid.Uint32Range(0, 2).Draw(t, "id")}
		}
		check := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"store": func(t *rapid.T) {
				c, v := consumer(t), rapid.Uint64().Draw(t, "offset")
				check(o.Store(c, v))
				model[c] = v
			},
			"advance": func(t *rapid.T) {
				c, v := consumer(t), rapid.Uint64().Draw(t, "offset")
				check(o.Advance(c, v))
				model[c] = max(model[c], v)
			},
			"delete": func(t *rapid.T) {
				c := consumer(t)
				_, had := model[c]
				ok, err := o.Delete(c)
				check(err)
				if ok != had {
					t.Fatalf("deleted is %v, want %v", ok, had)
				}
				delete(model, c)
			},
			"open again": func(t *rapid.T) {
				check(o.Close())
				f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
				check(err)
				_, err = f.Write(make([]byte, rapid.IntRange(0, 19).Draw(t, "torn bytes")))
				check(err)
				check(f.Close())
				o, err = partition.OpenOffsets(path)
				check(err)
			},
			"": func(t *rapid.T) {
				seen := map[partition.Consumer]uint64{}
				for id := range uint32(3) {
					for _, group := range []bool{false, true} {
						c := partition.Consumer{Group: group, ID: id}
						if v, ok := o.Get(c); ok {
							seen[c] = v
						}
					}
				}
				if !maps.Equal(seen, model) {
					t.Fatalf("stored %v, want %v", seen, model)
				}
			},
		})
	})
}

func TestOffsetsFileStaysSmall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "offsets")
	o, err := partition.OpenOffsets(path)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	c := partition.Consumer{ID: 1}
	for i := range uint64(50_000) {
		if err := o.Store(c, i); err != nil {
			t.Fatal(err)
		}
	}
	if stat, err := os.Stat(path); err != nil || stat.Size() > 200_000 {
		t.Errorf("the file has %d bytes after 50,000 stores of one consumer, %v", stat.Size(), err)
	}
	if v, _ := o.Get(c); v != 49_999 {
		t.Errorf("stored %d", v)
	}
}
