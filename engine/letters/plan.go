package letters

import (
	"fmt"
	"slices"
	"strings"

	"github.com/iggy-flow/iggy-flow/engine"
)

// Replay is what is put through a document again: the letters of files that are selected and were not replayed before.
type Replay struct {
	Files  []File    `json:"files"`
	Select Selection `json:"select"`
	Past   []Replay  `json:"past,omitempty"` // that are complete: a letter of theirs is not replayed again
}

// covered reports for each file of r how much of it p has replayed, 0 for none.
func (r Replay) covered(p Replay) ([]int64, error) {
	out := make([]int64, len(r.Files))
	for i, f := range r.Files {
		for _, g := range p.Files {
			begins, err := f.Begins(g)
			if err != nil {
				return nil, err
			}
			if begins {
				out[i] = max(out[i], g.Bytes)
			}
		}
	}
	return out, nil
}

// Overlaps reports whether p has read a part of r's files, whatever was selected there.
func (r Replay) Overlaps(p Replay) (bool, error) {
	covered, err := r.covered(p)
	return err == nil && slices.Max(append(covered, 0)) > 0, err
}

// Reason says why a letter is not replayed.
type Reason string

// The reasons. The zero Reason is of a letter that is replayed.
const (
	NotSelected Reason = "not selected"
	Done        Reason = "replayed before"
	Foreign     Reason = "of another pipeline"
	Cut         Reason = "larger than the input took, and cut"
	NoBytes     Reason = "without the record's bytes, and rejected behind the first component"
	NoRecord    Reason = "without the record's bytes, and without the record"
)

// Left reports whether a letter with this reason stays behind although it was meant.
func (r Reason) Left() bool { return r != "" && r != NotSelected && r != Done }

// chooser decides which letters are replayed. It decides the same for the same replay in every process.
type chooser struct {
	replay   Replay
	pipeline string
	first    string // path of the component that takes what the input emits
	json     bool   // a record that is known as JSON alone can be read
	covered  [][]int64
}

func newChooser(r Replay, plan *engine.Plan, pipeline string) (*chooser, error) {
	c := &chooser{replay: r, pipeline: pipeline, first: plan.Output.Site.Path}
	if nodes := plan.Chain.Nodes(); len(nodes) > 0 {
		c.first = nodes[0].Site.Path
	}
	format := plan.Input.Env().Format
	c.json = format == nil || format.Name == "json"
	for _, p := range r.Past {
		covered, err := r.covered(p)
		if err != nil {
			return nil, fmt.Errorf("compare with an earlier replay: %w", err)
		}
		c.covered = append(c.covered, covered)
	}
	return c, nil
}

// choose returns the bytes that are decoded for letter l, at offset of file, or why there are none.
func (c *chooser) choose(file int, offset int64, l *Letter) ([]byte, Reason, error) {
	switch {
	case !c.replay.Select.Takes(l):
		return nil, NotSelected, nil
	case !isOf(l.Pipeline, c.pipeline):
		return nil, Foreign, nil
	}
	for i, p := range c.replay.Past {
		if offset < c.covered[i][file] && p.Select.Takes(l) {
			return nil, Done, nil
		}
	}
	raw, err := l.Raw()
	switch {
	case err != nil:
		return nil, "", err
	case l.Cut:
		return nil, Cut, nil
	case raw != nil:
		return raw, "", nil
	case l.Component != c.first || !c.json:
		return nil, NoBytes, nil
	case l.Record == nil:
		return nil, NoRecord, nil
	}
	return l.Record, "", nil
}

// replayMark stands between a pipeline's name and the id of a replay.
const replayMark = "-replay-"

// Name is the name under which a replay of pipeline runs: its state and its record in targets are its own.
func Name(pipeline, id string) string {
	const longest = 63 // of a document's name
	return pipeline[:min(len(pipeline), longest-len(replayMark)-len(id))] + replayMark + id
}

// isOf reports whether name is pipeline, or a replay of it.
func isOf(name, pipeline string) bool {
	base, id, replay := strings.Cut(name, replayMark)
	return name == pipeline || replay && Name(pipeline, id) == Name(base, id)
}
