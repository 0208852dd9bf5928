package engine

import (
	"fmt"
	"sync/atomic"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
)

// What the share of rejected records is judged by: so many records read, and so many rejected, since it was judged last.
// Fewer are chance: of two in a thousand nobody can tell that a limit of a thousandth is exceeded.
const (
	ratioRows     = 1000
	ratioRejected = 100
)

// ratioWatch notices that more records are rejected than the document allows: then the schema is wrong, not the records.
// It judges by windows, so that a source which changes after a million good records is noticed too.
type ratioWatch struct {
	limit float64
	read  func() int64 // records so far, by the inputs' counters
	ask   func()       // for a checkpoint, at which the exact sums are judged

	rejected atomic.Int64
	asked    atomic.Bool

	fromRead, fromRejected atomic.Int64 // where the window begins
}

// over judges the window that ends with these sums.
func (w *ratioWatch) over(read, rejected int64) bool {
	read, rejected = read-w.fromRead.Load(), rejected-w.fromRejected.Load()
	return read >= ratioRows && float64(rejected) > w.limit*float64(read) && (w.limit == 0 || rejected > ratioRejected)
}

// add notes rejected records. When they seem too many, a checkpoint is asked for: until the next one that comes by itself,
// a fast source could be drained into the dead letter.
func (w *ratioWatch) add(n int) {
	if w == nil {
		return
	}
	if w.over(w.read(), w.rejected.Add(int64(n))) && !w.asked.Swap(true) {
		w.ask()
	}
}

// judge is over for the exact sums of an epoch, and begins another window when this one is long enough.
func (w *ratioWatch) judge(read, rejected int64) bool {
	if w.over(read, rejected) {
		return true
	}
	w.asked.Store(false)
	if n := float64(read - w.fromRead.Load()); n >= ratioRows && n*w.limit >= ratioRejected {
		w.fromRead.Store(read)
		w.fromRejected.Store(rejected)
	}
	return false
}

// watchRatio makes the watch that the document asks for.
func (r *Runner) watchRatio() {
	if r.plan.Document.MaxRatio == nil {
		return
	}
	r.ratio = &ratioWatch{limit: *r.plan.Document.MaxRatio, ask: r.coordinator.Ask, read: func() (n int64) {
		for _, in := range r.inputs {
			n += in.counters.in.Load()
		}
		return n
	}}
}

// checkRatio stops the pipeline behind this checkpoint when more records are rejected than the document allows. What was
// rejected until then is in the dead letter, for a look.
func (r *Runner) checkRatio(acks []checkpoint.Ack) {
	if r.ratio == nil || r.overRatio != nil {
		return
	}
	var read, rejected int64
	for _, a := range acks {
		switch v := a.Value.(type) {
		case inputAck:
			read += v.account.Fate[Taken]
			rejected += v.account.Rejected
		case chainAck:
			rejected += v.account.Rejected
		case outputAck:
			rejected += v.account.Rejected
		}
	}
	before, beforeRejected := r.ratio.fromRead.Load(), r.ratio.fromRejected.Load()
	if !r.ratio.judge(read, rejected) {
		return
	}
	if r.ended() {
		r.log.Warn("more records were rejected than max_ratio allows, and the input is at its end", "read", read, "rejected", rejected)
		return
	}
	r.overRatio = Permanent(fmt.Errorf("%s: %d of %d records were rejected, more than max_ratio %g allows; the dead letter has them and their reasons: "+
		"mend the schema or the document, and run it again", r.plan.Document.MaxRatioRange, rejected-beforeRejected, read-before, r.ratio.limit))
	r.coordinator.Stop()
}
