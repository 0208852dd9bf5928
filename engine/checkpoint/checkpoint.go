package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
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

// Decode reads what Encode wrote.
func Decode(data []byte) (*Checkpoint, error) {
	c := &Checkpoint{}
	if err := json.Unmarshal(data, c); err != nil {
		return nil, fmt.Errorf("decode checkpoint: %w", err)
	}
	if c.Run == "" || c.Pipeline == "" {
		return nil, errors.New("decode checkpoint: it names no run or no pipeline")
	}
	return c, nil
}
