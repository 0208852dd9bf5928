package iggy

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

func header(t *testing.T, key, value string) []byte {
	t.Helper()
	out, err := wire.AppendHeader(nil, wire.Header{KeyKind: wire.HeaderString, Key: []byte(key), ValueKind: wire.HeaderString, Value: []byte(value)})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRepeatsAreToldByTheirOrigin(t *testing.T) {
	var r repeats
	if err := r.restore(nil); err != nil {
		t.Fatal(err)
	}
	for i, test := range []struct {
		key, origin string
		repeated    bool
	}{
		{originHeader, "p/a/b/5/0", false}, {originHeader, "p/a/b/5/0", true}, {originHeader, "p/a/b/5/1", false}, {originHeader, "p/a/b/5/0", true},
		{originHeader, "p/a/b/4/9", true}, {originHeader, "p/a/c/4/9", false}, {originHeader, "q/a/b/0/0", false}, {originHeader, "p/a/b/6/0", false},
		{"other", "p/a/b/1/0", false}, {originHeader, "p", false}, {originHeader, "/1/2", false}, {originHeader, "p/s/x/0", false}, {originHeader, "p/s/1/", false},
	} {
		if got := r.repeated(uint64(i), append(header(t, "first", "x"), header(t, test.key, test.origin)...)); got != test.repeated {
			t.Errorf("%d: %s %s is a repeat: %v", i, test.key, test.origin, got)
		}
		state := r.state()
		r = repeats{}
		if err := r.restore(state); err != nil || !bytes.Equal(state, r.state()) {
			t.Fatalf("%s is restored as %s, %v", state, r.state(), err)
		}
	}
	for _, headers := range [][]byte{nil, nil, {1, 2, 3}} { // twice: what is not known is not remembered either
		if r.repeated(1, headers) {
			t.Error("messages without headers, or with broken ones, are no repeats")
		}
	}
	if err := r.restore([]byte("?")); err == nil {
		t.Error("a broken state was restored")
	}
}

// TestProducersAreForgotten: the one seen longest ago, and no other.
func TestProducersAreForgotten(t *testing.T) {
	var r repeats
	if err := r.restore(nil); err != nil {
		t.Fatal(err)
	}
	for i := range maxProducers {
		r.repeated(uint64(i), header(t, originHeader, fmt.Sprintf("p/%d/7/0", i)))
	}
	r.repeated(maxProducers, header(t, originHeader, "p/0/7/0")) // seen again
	r.repeated(maxProducers+1, header(t, originHeader, "p/new/7/0"))
	if len(r.seen) != maxProducers || r.seen["p/0"] == nil || r.seen["p/1"] != nil || r.seen["p/new"] == nil {
		t.Errorf("%d are remembered", len(r.seen))
	}
}
