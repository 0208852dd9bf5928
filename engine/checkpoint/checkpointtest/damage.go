package checkpointtest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
)

func damaged(t *testing.T, p Place) {
	h := p.open(t)
	defer h.close()
	var all []string
	for n, payload := range []string{"two", "four", "six"} {
		h.save("before " + payload)
		h.save(payload)
		p.Damage(t, false)
		data, err := h.Load(t.Context())
		if _, corrupt := errors.AsType[*checkpoint.CorruptError](err); !corrupt || data != nil {
			t.Fatalf("a damaged checkpoint loads as %q, %v", data, err)
		}
		if !strings.Contains(err.Error(), "--state-recover=previous") {
			t.Errorf("the way out is not in %q", err)
		}
		previous, err := h.LoadPrevious(t.Context())
		if err != nil || string(previous) != "before "+payload {
			t.Fatalf("the one before it is %q, %v", previous, err)
		}
		aside, err := h.Replace(t.Context(), []byte("instead of "+payload))
		if err != nil {
			t.Fatal(err)
		}
		if aside == "" || slices.Contains(all, aside) {
			t.Errorf("repair %d keeps the damaged one as %q, behind %q", n, aside, all)
		}
		all = append(all, aside)
		h.want("instead of "+payload, "before "+payload)
		stale, kept, err := h.Leftovers(t.Context())
		if err != nil || len(stale) > 0 || !slices.Equal(kept, all) {
			t.Errorf("behind %d repairs %q are stale and %q kept (%v); want %q", n+1, stale, kept, err, all)
		}
	}
	h.save("seven")
	h.want("seven", "instead of six")
	if _, kept, err := h.Leftovers(t.Context()); err != nil || !slices.Equal(kept, all) {
		t.Errorf("a save leaves %q of what was kept, %v", kept, err)
	}
}

func bothDamaged(t *testing.T, p Place) {
	h := p.open(t)
	defer h.close()
	h.save("one")
	h.save("two")
	p.Damage(t, true)
	h.save("three") // the damage is behind the next save, and none of its business
	h.want("three", "two")
	p.Damage(t, false)
	p.Damage(t, true)
	for name, load := range map[string]func() ([]byte, error){
		"last":     func() ([]byte, error) { return h.Load(t.Context()) },
		"previous": func() ([]byte, error) { return h.LoadPrevious(t.Context()) },
	} {
		data, err := load()
		if _, corrupt := errors.AsType[*checkpoint.CorruptError](err); !corrupt || data != nil {
			t.Errorf("the damaged %s checkpoint loads as %q, %v", name, data, err)
		}
	}
}

func clean(t *testing.T, p Place) {
	h := p.open(t)
	defer h.close()
	for _, payload := range []string{"one", "two", "three", "four"} {
		h.save(payload)
	}
	removed, err := h.Clean(t.Context())
	if err != nil || len(removed) > 0 {
		t.Errorf("four saves left %q to remove, %v", removed, err)
	}
	h.want("four", "three")
}
