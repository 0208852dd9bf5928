package checkpointtest

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint/lease"
)

// Case is one kind of store.
type Case struct {
	// Place makes the place of one pipeline's checkpoints. It is called for each test.
	Place func(t *testing.T) Place
}

// Place is where the stores of one test meet.
type Place struct {
	Open func(ctx context.Context, o lease.Options) (checkpoint.Mender, error)
	View func(ctx context.Context) (checkpoint.Viewer, error)

	// Damage spoils the last checkpoint where it lies, or the one before it.
	Damage func(t *testing.T, previous bool)

	// Lapse makes the hold of a process lapse that is silent, but alive. It is nil where a lease does that.
	Lapse func(t *testing.T)

	// Secrets must not be in any message.
	Secrets []string
}

// Run runs the suite.
func Run(t *testing.T, c Case) {
	for name, test := range map[string]func(*testing.T, Place){
		"keeps the last two":                keepsTwo,
		"is held by one":                    heldByOne,
		"is free once closed":               freeOnceClosed,
		"Fault13ZombieSave":                 zombie,
		"Fault13ZombieOfAnEmptyStore":       zombieOfEmpty,
		"Fault13ZombieMends":                zombieMends,
		"one of many takes over":            oneOfMany,
		"Fault18StateCorrupt":               damaged,
		"Fault18StateCorruptInBothPlaces":   bothDamaged,
		"is seen while it is held":          seen,
		"no message holds a secret":         secrets,
		"holds what is large and not text":  large,
		"follows its model":                 model,
		"is quiet with nothing to clean up": clean,
	} {
		t.Run(name, func(t *testing.T) { test(t, c.Place(t)) })
	}
}

// holder is one process.
type holder struct {
	checkpoint.Mender
	t     *testing.T
	beats chan time.Time // each makes it renew its lease
}

// options of a process that renews only when it is told to, and does not wait for others.
func options(h *holder, meanwhile func()) lease.Options {
	return lease.Options{
		TTL: time.Minute, Holder: "somebody",
		Tick: func(time.Duration) <-chan time.Time { return h.beats },
		Pause: func(ctx context.Context, _ time.Duration) error {
			meanwhile()
			return ctx.Err()
		},
	}
}

// try opens the store while meanwhile happens between two looks at the lease.
func (p Place) try(t *testing.T, meanwhile func()) (*holder, error) {
	h := &holder{t: t, beats: make(chan time.Time)}
	s, err := p.Open(t.Context(), options(h, meanwhile))
	h.Mender = s
	return h, err
}

// open opens the store when every holder before is silent.
func (p Place) open(t *testing.T) *holder {
	t.Helper()
	h, err := p.try(t, func() {})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// lapse is the time that the silent holder's hold needs to lapse.
func (p Place) lapse(t *testing.T) {
	if p.Lapse != nil {
		p.Lapse(t)
	}
}

func (h *holder) close() {
	h.t.Helper()
	if err := h.Close(); err != nil {
		h.t.Error(err)
	}
}

func (h *holder) save(payload string) {
	h.t.Helper()
	if err := h.Save(h.t.Context(), []byte(payload)); err != nil {
		h.t.Fatalf("save %.20q: %v", payload, err)
	}
}

// overtaken checks that a save fails, now and for ever.
func (h *holder) overtaken(payload string) {
	h.t.Helper()
	if err := h.Save(h.t.Context(), []byte(payload)); !errors.Is(err, checkpoint.ErrOvertaken) {
		h.t.Errorf("a process that was overtaken saves %q and gets %v", payload, err)
	}
}

func (h *holder) want(last, previous string) {
	h.t.Helper()
	want(h.t, h, last, previous)
}

type loader interface {
	Load(ctx context.Context) ([]byte, error)
	LoadPrevious(ctx context.Context) ([]byte, error)
}

func want(t *testing.T, s loader, last, previous string) {
	t.Helper()
	l, err := s.Load(t.Context())
	p, err2 := s.LoadPrevious(t.Context())
	if err != nil || err2 != nil || string(l) != last || string(p) != previous || (l == nil) != (last == "") || (p == nil) != (previous == "") {
		t.Errorf("the store holds %.40q (%v) and %.40q (%v); want %.40q and %.40q", l, err, p, err2, last, previous)
	}
}

func keepsTwo(t *testing.T, p Place) {
	h := p.open(t)
	h.want("", "")
	h.save("one")
	h.want("one", "")
	h.save("two")
	h.want("two", "one")
	h.save("three")
	h.want("three", "two")
	h.close()
	h = p.open(t)
	defer h.close()
	h.want("three", "two")
	h.save("four")
	h.want("four", "three")
}

func heldByOne(t *testing.T, p Place) {
	first := p.open(t)
	first.save("one")
	beat := func() {
		for range 2 { // it takes the second one only when the first renewal is over
			select {
			case first.beats <- time.Time{}:
			case <-t.Context().Done():
			}
		}
	}
	if p.Lapse != nil {
		beat = func() {}
	}
	_, err := p.try(t, beat)
	if !errors.Is(err, checkpoint.ErrLocked) || !strings.Contains(err.Error(), "--state") {
		t.Errorf("a second process gets %v", err)
	}
	first.save("two")
	first.close()
}

func freeOnceClosed(t *testing.T, p Place) {
	first := p.open(t)
	first.save("one")
	first.close()
	if err := first.Save(t.Context(), []byte("late")); err == nil {
		t.Error("a store that is closed can be written")
	}
	second, err := p.try(t, func() { t.Error("it waits, though nobody holds it") })
	if err != nil {
		t.Fatal(err)
	}
	second.want("one", "")
	second.close()
}

func large(t *testing.T, p Place) {
	h := p.open(t)
	defer h.close()
	payload := string(bytes.Repeat([]byte{0, 255, '\\', '\'', 10, 13, 128}, 300_000))
	h.save("small")
	h.save(payload)
	h.want(payload, "small")
}

func seen(t *testing.T, p Place) {
	h := p.open(t)
	defer h.close()
	h.save("one")
	v, err := p.View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	want(t, v, "one", "")
	for _, payload := range []string{"two", "three", "four"} {
		h.save(payload)
	}
	want(t, v, "four", "three")
	if v.Place() == "" || v.Place() != h.Place() {
		t.Errorf("it is at %q and %q", v.Place(), h.Place())
	}
}

func secrets(t *testing.T, p Place) {
	h := p.open(t)
	h.save("one")
	p.Damage(t, false)
	_, damage := h.Load(t.Context())
	p.lapse(t)
	other := p.open(t)
	defer other.close()
	texts := []string{h.Place(), damage.Error(), h.Save(t.Context(), []byte("two")).Error()}
	h.close()
	for _, text := range texts {
		for _, secret := range p.Secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%q holds a secret", text)
			}
		}
	}
}
