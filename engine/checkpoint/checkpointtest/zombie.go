package checkpointtest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
)

// zombie: a holder pauses, its lease lapses, another takes over, the first wakes.
func zombie(t *testing.T, p Place) {
	first := p.open(t)
	first.save("one")
	first.save("two")
	p.lapse(t)
	second := p.open(t)
	second.want("two", "one")
	first.overtaken("of the first, before the second has saved anything")
	second.want("two", "one")
	second.save("three")
	first.overtaken("of the first, behind the second's save")
	second.save("four")
	second.want("four", "three")
	first.close()
	// The close of the first gave nothing away that is the second's.
	second.save("five")
	second.want("five", "four")
	second.close()
	first.overtaken("of the first, when nobody holds it any more")
	third := p.open(t)
	third.want("five", "four")
	first.overtaken("of the first, when a third holds it")
	third.close()
}

func zombieOfEmpty(t *testing.T, p Place) {
	first := p.open(t)
	p.lapse(t)
	second := p.open(t)
	second.want("", "")
	first.overtaken("the first checkpoint of all")
	second.want("", "")
	second.save("one")
	second.want("one", "")
	second.close()
	first.close()
}

func zombieMends(t *testing.T, p Place) {
	first := p.open(t)
	first.save("one")
	first.save("two")
	p.lapse(t)
	second := p.open(t)
	if _, err := first.Replace(t.Context(), []byte("back")); !errors.Is(err, checkpoint.ErrOvertaken) {
		t.Errorf("a process that was overtaken replaces and gets %v", err)
	}
	if _, err := first.Clean(t.Context()); !errors.Is(err, checkpoint.ErrOvertaken) {
		t.Errorf("a process that was overtaken cleans and gets %v", err)
	}
	second.want("two", "one")
	first.close()
	second.close()
}

// oneOfMany: several processes find a dead holder at once.
func oneOfMany(t *testing.T, p Place) {
	dead := p.open(t)
	dead.save("one")
	p.lapse(t)
	const many = 6
	all := make([]*holder, many)
	errs := make([]error, many)
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() { all[i], errs[i] = p.try(t, func() {}) })
	}
	wg.Wait()
	// With leases that nobody renews a later one may overtake an earlier one: one of them can save, whatever they believe.
	savers := 0
	for i, h := range all {
		if errs[i] != nil {
			if !errors.Is(errs[i], checkpoint.ErrLocked) {
				t.Errorf("process %d: %v", i, errs[i])
			}
			continue
		}
		switch err := h.Save(t.Context(), fmt.Appendf(nil, "of %d", i)); {
		case err == nil:
			savers++
		case !errors.Is(err, checkpoint.ErrOvertaken):
			t.Errorf("process %d: %v", i, err)
		}
	}
	if savers != 1 {
		t.Errorf("%d of %d processes can save", savers, many)
	}
	for i, h := range all {
		if errs[i] == nil {
			h.close()
		}
	}
	dead.overtaken("late")
	dead.close()
}

// model: whatever processes come, pause, save and wake, the last one that took hold is the only one that saves.
func model(t *testing.T, p Place) {
	h := p.open(t)
	h.save("0")
	h.close()
	last, previous, n := "0", "", 0
	rapid.Check(t, func(rt *rapid.T) {
		var holders []*holder
		defer func() {
			for _, h := range holders {
				h.close()
			}
		}()
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			if len(holders) == 0 || len(holders) < 4 && rapid.IntRange(0, 3).Draw(rt, "another comes") == 0 {
				if len(holders) > 0 {
					p.lapse(t)
				}
				holders = append(holders, p.open(t))
				continue
			}
			i := rapid.IntRange(0, len(holders)-1).Draw(rt, "process")
			n++
			payload := fmt.Sprint(n)
			err := holders[i].Save(t.Context(), []byte(payload))
			switch {
			case i == len(holders)-1 && err != nil:
				rt.Fatalf("the holder cannot save: %v", err)
			case i < len(holders)-1 && !errors.Is(err, checkpoint.ErrOvertaken):
				rt.Fatalf("process %d of %d saves and gets %v", i, len(holders), err)
			case err == nil:
				last, previous = payload, last
			}
			holders[len(holders)-1].want(last, previous)
		}
	})
}
