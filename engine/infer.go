package engine

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// proposalRows is how many records are looked at for better types than text: as many as a sample has at most.
const proposalRows = 50_000

// Infer proposes a schema for the input's records, and better types for texts that look like something else. It opens and
// closes the input.
func (p *Plan) Infer(ctx context.Context) (*schemas.Schema, []dsl.Proposal, error) {
	if p.Input.Combiner != nil {
		return nil, nil, fmt.Errorf("`%s` has several inputs with a schema each: infer them one by one", p.Input.Component.Name)
	}
	s, ok := p.Input.Input.(Sampler)
	if !ok {
		return nil, nil, fmt.Errorf("the input `%s` has records of a fixed form: there is nothing to infer", p.Input.Component.Name)
	}
	schema, err := s.Sample(ctx, false)
	if err != nil {
		return nil, nil, err
	}
	if schema == nil || schema.Len() == 0 {
		return nil, nil, errors.New("the input has no record to infer a schema from")
	}
	if setter, ok := p.Input.Input.(SchemaSetter); ok {
		setter.UseSchema(schema)
	}
	taken := &sampleSink{}
	defer taken.release()
	err = errors.Join(taken.fill(ctx, p.Input), p.Input.Input.Close(ctx))
	if err != nil {
		return nil, nil, err
	}
	var proposals []dsl.Proposal
	for _, found := range schemas.Propose(schema, taken.records...) {
		why := fmt.Sprintf("all %d texts looked at are one", found.Values)
		proposals = append(proposals, dsl.Proposal{Column: found.Path, Type: found.Type, Why: why})
	}
	return schema, proposals, nil
}

// sampleSink keeps the first batches of an input. A batch with columns that the sample lacked is left out.
type sampleSink struct {
	records []arrow.RecordBatch
	schema  *schemas.Schema
	rows    int64
}

func (s *sampleSink) fill(ctx context.Context, input *Node) error {
	if err := input.Input.Open(ctx, nil); err != nil {
		return err
	}
	out := NewOut(input.Site, s)
	for s.rows < proposalRows {
		err := input.Input.Read(ctx, out)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *sampleSink) release() {
	for _, r := range s.records {
		r.Release()
	}
}

// Emit implements Sink.
func (s *sampleSink) Emit(_ context.Context, b *Batch) error {
	defer b.Release()
	if s.schema == nil {
		s.schema = b.Schema
	}
	if b.Schema.Equal(s.schema) {
		b.Columns.Retain()
		s.records = append(s.records, b.Columns)
	}
	s.rows += int64(b.Len())
	return nil
}

// Reject implements Sink: inference passes broken records over.
func (s *sampleSink) Reject(context.Context, Site, *Batch, []Rejection) error { return nil }

// RejectRaw implements Sink.
func (s *sampleSink) RejectRaw(_ context.Context, _ Site, rows []RawRejection) error {
	s.rows += int64(len(rows))
	return nil
}
