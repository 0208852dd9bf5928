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
	Lag          int64 // records that wait to be read, as far as sources have said
	ThrownBack   int   // times that records were read again, since another replica had written them
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
	defer r.mu.Unlock()
	s := r.status
	if r.coordinator == nil {
		return s
	}
	s.BytesRead, s.BytesTotal = r.plan.progress()
	r.count(&s)
	for _, n := range r.plan.Inputs {
		if l, ok := n.Input.(Lagging); ok {
			for _, waiting := range l.Lag() {
				s.Lag += waiting
			}
		}
	}
	s.Targets = report(r.plan.Output, s.Written)
	if r.dead != nil {
		s.DeadLetters = report(r.plan.DeadLetter, s.DeadLettered)
	}
	return s
}

// progress sums what the inputs say; the total is 0 when one of them does not know its own.
func (p *Plan) progress() (done, total int64) {
	known := true
	for _, n := range p.Inputs {
		progress, ok := n.Input.(Progress)
		if !ok {
			known = false
			continue
		}
		d, t := progress.Progress()
		done, total, known = done+d, total+t, known && t > 0
	}
	if !known {
		total = 0
	}
	return done, total
}

// count adds what the stages have counted.
func (r *Runner) count(s *Status) {
	stages := []*stage{&r.output.stage}
	for _, in := range r.inputs {
		s.Read += in.counters.in.Load()
		stages = append(stages, &in.stage)
	}
	if r.chain != nil {
		stages = append(stages, &r.chain.stage)
	}
	for _, st := range stages {
		s.Filtered += st.counters.filtered.Load()
		s.Rejected += st.counters.rejected.Load()
	}
	s.Written += r.output.counters.out.Load()
	if r.dead != nil {
		s.DeadLettered += r.dead.counters.out.Load()
	}
}

func report(n *Node, rows int64) []TargetRows {
	if t, ok := n.Output.(Reporter); ok {
		return t.Report()
	}
	return []TargetRows{{Target: n.Component.Name, Rows: rows}}
}
