package engine

import (
	"fmt"
	"maps"

	"github.com/google/uuid"
)

// Position names the first record of a split that was not yet taken. Only the input that made it reads Data.
type Position struct {
	Ordinal     int64  `json:"ordinal"`               // comparable within a split and incarnation
	Incarnation string `json:"incarnation,omitempty"` // changes when the source is replaced by another of the same name
	Fingerprint string `json:"fingerprint,omitempty"` // of the last record taken: tells a lost tail from a position
	Data        []byte `json:"data,omitempty"`        // what the input and its codec need to go on
}

// Positions are keyed by split, as in [Run].
type Positions map[string]Position

// Below reports whether the record ordinal of split was taken before p.
func (p Positions) Below(split string, ordinal int64) bool {
	at, ok := p[split]
	return ok && ordinal < at.Ordinal
}

// Clone returns a copy that may be changed.
func (p Positions) Clone() Positions { return maps.Clone(p) }

// Epoch is the number of a checkpoint within a generation; the first is 1.
type Epoch int64

// Identity names one stretch of a pipeline's life. A state directory is created with a random Run that stays; each new
// run of the document in it raises Generation.
type Identity struct {
	Pipeline   string `json:"pipeline"`
	Run        string `json:"run"`
	Generation int64  `json:"generation"`
}

// Committable is what a transactional output prepared for one target in one epoch: bytes that any later process can
// commit, idempotently. It is recognised in the target by ID alone.
type Committable struct {
	Target string `json:"target"` // unique in the output: a table, a path
	ID     string `json:"id"`     // random uuid
	Epoch  Epoch  `json:"epoch"`
	Data   []byte `json:"data"`
}

// NewCommitID returns a random commit uuid.
func NewCommitID() string { return uuid.NewString() }

// Record is what a target keeps, in the same transaction as the rows, of the pipeline that writes it.
type Record struct {
	Run        string    `json:"run,omitempty"` // none behind shared splits, where any replica may join
	Generation int64     `json:"generation,omitempty"`
	Epoch      Epoch     `json:"epoch,omitempty"`
	Commit     string    `json:"commit"`
	Positions  Positions `json:"positions"`
	Told       Positions `json:"told,omitempty"` // below it every target had committed when this commit was made
}

// Takeover is what the user decided about targets that another run wrote.
type Takeover uint8

// The decisions. Refuse is the default: another run's rows may be these very records.
const (
	Refuse Takeover = iota
	Adopt           // go on from the target's positions: rows below them are dropped
	Fresh           // write everything again, as a new run
)

// Start is what an output learns when it is opened.
type Start struct {
	Identity
	Epoch    Epoch             // of the last checkpoint that was stored; 0 before the first
	Lost     Epoch             // of a checkpoint that was lost: targets that committed it are ahead, and drop what comes again; else 0
	Takeover Takeover          // --adopt, --fresh
	Replaced map[string]string // run ids that an earlier start replaced: "adopt" or "fresh"
	Replace  func(run string)  // notes that the record of another run was replaced; kept from the next checkpoint on
	Bounded  bool              // every input ends: the last barrier will be final
	State    []byte            // what the last Prepare of this run returned as its state; nil at a new generation
	Previous []byte            // at a new generation: the state of the run before
	Replica  string            // names this process among replicas; "0" alone
	Shared   bool              // behind shared splits: see Positioned
	Addition string            // names a run that adds to what the document's runs wrote, and must leave that alone; else empty
}

// Admit decides whether this start may write to a target that holds rec, which is nil for a target without a record. It
// is asked before any row is written. The positions are those below which rows must be dropped; they are nil when there
// are none. The error says what a user can do, and is permanent.
func (s Start) Admit(target string, rec *Record) (known Positions, err error) {
	switch {
	case rec == nil:
		return nil, nil
	case s.Shared && rec.Run == "":
		return nil, nil // any replica may join
	case rec.Run == s.Run && !s.Shared:
		if rec.Generation > s.Generation || rec.Generation == s.Generation && rec.Epoch > s.Epoch {
			return nil, Permanent(fmt.Errorf("%s holds epoch %d of generation %d, and this process is at epoch %d of generation %d: "+
				"another process of pipeline %q has overtaken it; stop the other one, or use its state directory",
				target, rec.Epoch, rec.Generation, s.Epoch, s.Generation, s.Pipeline))
		}
		if rec.Generation == s.Generation && rec.Epoch <= s.Lost {
			return rec.Positions, nil
		}
		return nil, nil
	}
	if s.Shared && s.Takeover == Fresh {
		return nil, Permanent(fmt.Errorf("%s was written by run %s of pipeline %q, and --fresh cannot start anew behind shared splits: give the pipeline another name",
			target, rec.Run, s.Pipeline))
	}
	decision := s.Takeover
	switch earlier := s.Replaced[rec.Run]; {
	case s.Takeover == Fresh: // said now, it wins over what was said before
	case earlier == "adopt":
		decision = Adopt
	case earlier == "fresh":
		decision = Fresh
	}
	switch decision {
	case Adopt:
		s.replace(rec.Run)
		return rec.Positions, nil
	case Fresh:
		s.replace(rec.Run)
		return nil, nil
	default:
		return nil, Permanent(fmt.Errorf("%s was written by another run of pipeline %q (run %s, epoch %d), whose state is not here; "+
			"start with --adopt to go on from the positions that the target holds, or with --fresh to write everything again as a new run",
			target, s.Pipeline, rec.Run, rec.Epoch))
	}
}

func (s Start) replace(run string) {
	if s.Replace != nil {
		s.Replace(run)
	}
}
