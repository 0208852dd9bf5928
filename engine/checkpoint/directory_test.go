package checkpoint_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
)

func open(t testing.TB, dir string) *checkpoint.Directory {
	t.Helper()
	d, err := checkpoint.OpenDirectory(dir)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDirectoryKeepsTheLastTwoCheckpoints(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "state")
	d := open(t, dir)
	if data, err := d.Load(t.Context()); data != nil || err != nil {
		t.Fatalf("an empty directory loads %q, %v; want nothing", data, err)
	}
	for _, payload := range []string{"one", "two", "three"} {
		if err := d.Save(t.Context(), []byte(payload)); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = open(t, dir)
	defer d.Close()
	if data, err := d.Load(t.Context()); string(data) != "three" || err != nil {
		t.Errorf("Load gives %q, %v", data, err)
	}
	if data, err := d.LoadPrevious(t.Context()); string(data) != "two" || err != nil {
		t.Errorf("LoadPrevious gives %q, %v", data, err)
	}
}

func TestDirectoryIsHeldByOneProcess(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	_, err := checkpoint.OpenDirectory(dir)
	if !errors.Is(err, checkpoint.ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Fatalf("a second holder got %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
}

// TestFault18StateCorruptIsNeverWrong: whatever happens to the bytes of a checkpoint file, it loads as it was saved or is
// refused as damaged; it is never taken for a fresh start.
func TestFault18StateCorruptIsNeverWrong(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	defer d.Close()
	payload := []byte(`{"pipeline":"orders","run":"r","epoch":7}`)
	if err := d.Save(t.Context(), payload); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "checkpoint")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := map[string][]byte{"empty": {}, "foreign": []byte("name: orders\n"), "longer": append(bytes.Clone(whole), 0)}
	for i := range whole {
		for bit := range 8 {
			flipped := bytes.Clone(whole)
			flipped[i] ^= 1 << bit
			damaged[fmt.Sprintf("bit %d flipped at %d", bit, i)] = flipped
		}
		zeroed := bytes.Clone(whole)
		clear(zeroed[i:])
		if !bytes.Equal(zeroed, whole) {
			damaged[fmt.Sprintf("zeroed from %d", i)] = zeroed
		}
		damaged[fmt.Sprintf("cut at %d", i)] = whole[:i]
	}
	for name, data := range damaged {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := d.Load(t.Context())
		if _, corrupt := errors.AsType[*checkpoint.CorruptError](err); !corrupt || got != nil {
			t.Errorf("%s: Load gives %q, %v; want a CorruptError", name, got, err)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".previous", whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Load(t.Context()); err == nil {
		t.Errorf("a missing checkpoint beside its predecessor loads %q; want a CorruptError", got)
	}
}

func TestReplaceKeepsWhatIsDamaged(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	defer d.Close()
	for _, payload := range []string{"one", "two"} {
		if err := d.Save(t.Context(), []byte(payload)); err != nil {
			t.Fatal(err)
		}
	}
	for n, junk := range []string{"junk", "", "more junk"} {
		if err := os.WriteFile(filepath.Join(dir, "checkpoint"), []byte(junk), 0o600); err != nil {
			t.Fatal(err)
		}
		aside, err := d.Replace(t.Context(), []byte("back"))
		if err != nil {
			t.Fatal(err)
		}
		if kept, err := os.ReadFile(aside); err != nil || string(kept) != junk {
			t.Errorf("%s holds %q, %v; want %q", aside, kept, err, junk)
		}
		if _, all, _ := d.Leftovers(t.Context()); len(all) != n+1 {
			t.Errorf("%d files are kept aside behind %d repairs", len(all), n+1)
		}
		last, _ := d.Load(t.Context())
		previous, _ := d.LoadPrevious(t.Context())
		if string(last) != "back" || string(previous) != "one" {
			t.Errorf("the last checkpoint is %q and the previous %q", last, previous)
		}
	}
}

// TestSaveIsAtomic stops Save before each of its steps, by making the step fail, and finds the old checkpoint or the new.
func TestSaveIsAtomic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "state")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		d, err := checkpoint.OpenDirectory(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		ctx := t.Context()
		last := ""
		for i := range rapid.IntRange(1, 8).Draw(t, "saves") {
			next := strings.Repeat("x", i) + rapid.String().Draw(t, "payload")
			obstacle := ""
			if rapid.Bool().Draw(t, "fails") {
				obstacle = filepath.Join(dir, rapid.SampledFrom([]string{"checkpoint.tmp", "checkpoint.link"}).Draw(t, "at"))
				os.RemoveAll(obstacle) // a Save that failed later leaves its file
				if err := os.MkdirAll(filepath.Join(obstacle, "in the way"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			err := d.Save(ctx, []byte(next))
			if obstacle != "" {
				if err == nil {
					t.Fatal("Save succeeded with a folder in its way")
				}
				os.RemoveAll(obstacle)
			} else if err != nil {
				t.Fatal(err)
			} else {
				last = next
			}
			got, err := d.Load(ctx)
			if err != nil || string(got) != last {
				t.Fatalf("Load gives %q, %v; want %q", got, err, last)
			}
		}
	})
}
