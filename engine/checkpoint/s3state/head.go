package s3state

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint/lease"
)

// headName is the one object that is ever changed.
const headName = "head"

// head is its content: no two versions of it are equal, since one of Number and Beat grows with each.
type head struct {
	Number   int64         `json:"number"` // of the lease: raised by each process that takes it
	Beat     int64         `json:"beat"`   // raised by each change
	Holder   string        `json:"holder"` // for people; empty when the lease was given back
	TTL      time.Duration `json:"ttl"`
	Current  string        `json:"current,omitempty"` // names of checkpoints
	Previous string        `json:"previous,omitempty"`
	Count    int64         `json:"count"`           // of checkpoints that were ever saved
	Aside    []string      `json:"aside,omitempty"` // damaged ones that were replaced
}

func (h head) seal() ([]byte, error) {
	data, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("encode the head: %w", err)
	}
	return checkpoint.Seal(data), nil
}

// readHead returns the head and its ETag, which is empty when there is none.
func (o objects) readHead(ctx context.Context) (h head, etag string, err error) {
	sealed, etag, err := o.get(ctx, headName)
	if errors.Is(err, errNone) {
		return head{}, "", nil
	}
	if err != nil {
		return head{}, "", err
	}
	data, err := checkpoint.Unseal(o.place(headName), sealed)
	if err != nil {
		return head{}, "", err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&h); err != nil {
		return head{}, "", &checkpoint.VersionError{Place: o.place(headName), Field: err.Error()}
	}
	return h, etag, nil
}

func (h head) seen() lease.Seen {
	return lease.Seen{Holder: h.Holder, Number: h.Number, Beat: h.Beat, TTL: h.TTL, Free: h.Holder == ""}
}

func (h head) equal(other head) bool {
	return h.Number == other.Number && h.Beat == other.Beat && h.Holder == other.Holder && h.Current == other.Current && h.Previous == other.Previous &&
		slices.Equal(h.Aside, other.Aside)
}

// load returns the payload of a checkpoint that the head names.
func (o objects) load(ctx context.Context, name string) ([]byte, error) {
	if name == "" {
		return nil, nil
	}
	sealed, _, err := o.get(ctx, name)
	if errors.Is(err, errNone) {
		return nil, &checkpoint.CorruptError{Place: o.place(name), Reason: "it is missing, but " + o.place(headName) + " names it"}
	}
	if err != nil {
		return nil, err
	}
	return checkpoint.Unseal(o.place(name), sealed)
}
