package engine

import "time"

// State is where a run is.
type State uint8

// The states of a run.
const (
	Starting State = iota
	Running
	Finished
)

// Status is what a run shows of itself while it works and when it is over. Rows are those of this start.
type Status struct {
	State        State
	Read         int64 // records taken by the input
	Written      int64 // rows that the output took
	Filtered     int64
	DeadLettered int64
	Rejected     int64 // DeadLettered, and the one that stopped a pipeline without a dead letter
	Stopped      bool  // finished by a stop, with records left to read
	BytesRead    int64
	BytesTotal   int64 // of a bounded input; 0 when unknown
	Epoch        Epoch // of the last commit
	CheckpointAt time.Time
	Targets      []TargetRows
	DeadLetters  []TargetRows
}

// note changes the parts of the status that are not counters.
func (r *Runner) note(change func(*Status)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.status)
}

// Status returns a snapshot. It is safe for concurrent use, and the counters of different stages may be some batches
// apart while the pipeline runs.
func (r *Runner) Status() Status {
	r.mu.Lock()
	s := r.status
	wired := r.coordinator != nil
	r.mu.Unlock()
	if !wired {
		return s
	}
	if p, ok := r.plan.Input.Input.(Progress); ok {
		s.BytesRead, s.BytesTotal = p.Progress()
	}
	s.Read = r.input.counters.in.Load()
	s.Filtered = r.input.counters.filtered.Load() + r.output.counters.filtered.Load()
	s.Rejected = r.input.counters.rejected.Load() + r.output.counters.rejected.Load()
	if r.chain != nil {
		s.Filtered += r.chain.counters.filtered.Load()
		s.Rejected += r.chain.counters.rejected.Load()
	}
	s.Written = r.output.counters.out.Load()
	s.Targets = report(r.plan.Output, s.Written)
	if r.dead != nil {
		s.DeadLettered = r.dead.counters.out.Load()
		s.DeadLetters = report(r.plan.DeadLetter, s.DeadLettered)
	}
	return s
}

func report(n *Node, rows int64) []TargetRows {
	if t, ok := n.Output.(Reporter); ok {
		return t.Report()
	}
	return []TargetRows{{Target: n.Component.Name, Rows: rows}}
}
