package engine

import (
	"context"
	"time"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// Rejection is a row that a stage cannot take any further.
type Rejection struct {
	Row     int          // of the batch that is rejected from
	Code    string       // stable, kebab-case
	Message string       // what was found and expected; no secrets
	Range   source.Range // of the expression or field that rejected it; zero where there is none

	Attempts int       // how often the target was asked to take it; 0 is once
	Since    time.Time // of the first of several attempts
}

// RawRejection is a record that an input could not decode.
type RawRejection struct {
	Split    string
	Ordinal  int64
	Code     string
	Message  string
	Original Original
}

// Fate is what becomes of a row in a stage, beside being emitted or rejected, which Out counts itself.
type Fate uint8

// The fates. Each row that a stage takes ends in exactly one, or is emitted or rejected.
const (
	Filtered  Fate = iota // dropped because the document says so
	Dropped               // dropped by a stated policy, such as a record that its target already holds
	Created               // emitted beyond what came in: unnest, aggregate
	Consumed              // taken into a state that emits something else: aggregate
	Delivered             // written by an output
	Taken                 // read by an input: a frame of its codec
	fates
)

// Site is the component that something happened in.
type Site struct {
	Path string // in the document: "processors[1].switch[0].processors[0]"
	Name string // of the component: "filter"
}

// Sink takes what the stage behind an Out makes of its batches.
type Sink interface {
	// Emit takes b, also when it fails.
	Emit(ctx context.Context, b *Batch) error

	// Reject borrows b. An error ends the pipeline.
	Reject(ctx context.Context, at Site, b *Batch, rows []Rejection) error

	// RejectRaw is Reject for records that never became rows.
	RejectRaw(ctx context.Context, at Site, rows []RawRejection) error
}

// Account counts the rows of one component since the pipeline started.
type Account struct {
	In, Emitted, Rejected int64
	Fate                  [fates]int64
}

// Count returns the rows that met f.
func (a Account) Count(f Fate) int64 { return a.Fate[f] }

// Out takes what a component makes of its batches, and counts. It belongs to one component and its goroutine.
type Out struct {
	site    Site
	sink    Sink
	account Account
}

// NewOut returns an Out that hands everything to sink.
func NewOut(at Site, sink Sink) *Out { return &Out{site: at, sink: sink} }

// Account returns what was counted so far.
func (o *Out) Account() Account { return o.account }

// Emit hands b to the next component. It takes b, also when it fails. An empty batch is released and goes no further.
func (o *Out) Emit(ctx context.Context, b *Batch) error {
	if b.Len() == 0 {
		b.Release()
		return nil
	}
	o.account.Emitted += int64(b.Len())
	return o.sink.Emit(ctx, b)
}

// Reject sends rows of b to the dead letter, or ends the pipeline when it has none: the error then names the first row's
// origin. It borrows b.
func (o *Out) Reject(ctx context.Context, b *Batch, rows []Rejection) error {
	return o.RejectAs(ctx, o.site, b, rows)
}

// RejectAs is Reject for rows that a component within this one rejected: at is where. It borrows b.
func (o *Out) RejectAs(ctx context.Context, at Site, b *Batch, rows []Rejection) error {
	if len(rows) == 0 {
		return nil
	}
	o.account.Rejected += int64(len(rows))
	return o.sink.Reject(ctx, at, b, rows)
}

// RejectRaw is Reject for records that never became rows.
func (o *Out) RejectRaw(ctx context.Context, rows []RawRejection) error {
	if len(rows) == 0 {
		return nil
	}
	o.account.Rejected += int64(len(rows))
	return o.sink.RejectRaw(ctx, o.site, rows)
}

// Count says what became of n rows that are neither emitted nor rejected.
func (o *Out) Count(f Fate, n int) { o.account.Fate[f] += int64(n) }

// Acquirer is a sink that is told of splits.
type Acquirer interface {
	Acquire(ctx context.Context, splits []string) error
}

// Acquire says that an input with shared splits has come to own some, in front of their first row.
func (o *Out) Acquire(ctx context.Context, splits []string) error {
	if a, ok := o.sink.(Acquirer); ok && len(splits) > 0 {
		return a.Acquire(ctx, splits)
	}
	return nil
}

// Receive counts n rows that the component takes: called by whoever hands it a batch.
func (o *Out) Receive(n int) { o.account.In += int64(n) }
