package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Committable is what one output prepared for one target in one epoch and what is not yet known to be committed.
type Committable struct {
	Output string `json:"output"` // path of the output in the document
	Target string `json:"target"`
	ID     string `json:"id"`
	Epoch  int64  `json:"epoch"`
	Data   []byte `json:"data"`
}

// Input is what a checkpoint keeps of one input.
type Input struct {
	Identity  string          `json:"identity"`         // another one is another source: its positions mean nothing
	Positions json.RawMessage `json:"positions"`        // as the engine writes them
	Schema    json.RawMessage `json:"schema,omitempty"` // pinned: restored, never inferred again
}

// Checkpoint is one consistent cut of a pipeline.
type Checkpoint struct {
	Pipeline   string `json:"pipeline"`
	Document   string `json:"document"` // absolute path, for people
	Run        string `json:"run"`      // random; stays as long as the state does
	Generation int64  `json:"generation"`
	Epoch      int64  `json:"epoch"` // 0 is the pinned schema, before any row

	Inputs       map[string]Input  `json:"inputs"`             // by path in the document
	States       map[string][]byte `json:"states,omitempty"`   // of stateful processors, by label or path
	Outputs      map[string][]byte `json:"outputs,omitempty"`  // of outputs, by path
	Previous     map[string][]byte `json:"previous,omitempty"` // outputs' states at the end of the generation before
	Committables []Committable     `json:"committables,omitempty"`
	Replaced     map[string]string `json:"replaced,omitempty"` // run ids of targets that were taken over, and how

	// Recovered is not 0 when the state went on from a checkpoint before the last one: targets may hold rows of epochs up
	// to it that the inputs read again. It stays until the next generation.
	Recovered int64 `json:"recovered,omitempty"`

	Final    bool      `json:"final,omitempty"`    // every input was at its end
	Complete bool      `json:"complete,omitempty"` // final, and everything is committed
	Time     time.Time `json:"time"`
}

// Encode returns the bytes that a store keeps.
func (c *Checkpoint) Encode() ([]byte, error) {
	data, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encode checkpoint %d: %w", c.Epoch, err)
	}
	return data, nil
}

// Decode reads what Encode wrote. A field that it does not know was written by a newer program, for which it may mean
// something that must not be ignored: that is a *VersionError.
func Decode(data []byte) (*Checkpoint, error) {
	c := &Checkpoint{}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(c); err != nil {
		if field, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); unknown {
			return nil, &VersionError{Field: strings.Trim(field, `"`)}
		}
		return nil, fmt.Errorf("decode checkpoint: %w", err)
	}
	if c.Run == "" || c.Pipeline == "" {
		return nil, errors.New("decode checkpoint: it names no run or no pipeline")
	}
	return c, nil
}

// skipped is more than the epochs that can be given up between two checkpoints: the epoch of the one that is lost is not
// known, and what comes next must be greater.
const skipped = 1 << 20

// GoBack returns the checkpoint from which a pipeline goes on when the one behind c is lost. Its epoch is not less than the
// lost one's, since targets may have committed that. Of a final checkpoint nothing was read that is not in it.
func (c *Checkpoint) GoBack() *Checkpoint {
	back := *c
	if !c.Final {
		back.Epoch += skipped
		back.Recovered = back.Epoch
	}
	return &back
}
