package engine

import (
	"context"
	"slices"
	"strings"
)

// Splits of inputs that are joined are told apart by the input's label, or path, in front of its own name of the split:
// two inputs `file` both call theirs "file". The input itself, and its state, never see it.

// splitPrefix is empty where the plan has no other input.
func (n *Node) splitPrefix() string {
	if !n.joined {
		return ""
	}
	return n.stateKey() + "/"
}

// qualify gives positions of the node's input the names that the pipeline knows them by.
func (n *Node) qualify(at Positions) Positions {
	prefix := n.splitPrefix()
	if prefix == "" {
		return at
	}
	out := make(Positions, len(at))
	for split, p := range at {
		out[prefix+split] = p
	}
	return out
}

// qualifyNames is qualify for names alone.
func (n *Node) qualifyNames(splits []string) []string {
	prefix := n.splitPrefix()
	if prefix == "" {
		return splits
	}
	out := slices.Clone(splits)
	for i := range out {
		out[i] = prefix + out[i]
	}
	return out
}

// beginOf is Env.Begin of the node.
func (p *Plan) beginOf(ctx context.Context, n *Node, splits []string, stored Positions) (Positions, error) {
	at, err := p.begin(ctx, n.qualifyNames(splits), n.qualify(stored))
	prefix := n.splitPrefix()
	if err != nil || prefix == "" {
		return at, err
	}
	own := make(Positions, len(at))
	for split, position := range at {
		own[strings.TrimPrefix(split, prefix)] = position
	}
	return own, nil
}

// qualified gives b's origin the names that the pipeline knows. It takes b and returns an owned batch.
func (n *Node) qualified(b *Batch) *Batch {
	prefix := n.splitPrefix()
	if prefix == "" {
		return b
	}
	out := *b
	out.Origin = slices.Clone(b.Origin)
	for i, r := range out.Origin {
		if i > 0 && r.Split == b.Origin[i-1].Split {
			out.Origin[i].Split = out.Origin[i-1].Split // one text for all runs of a split
		} else {
			out.Origin[i].Split = prefix + r.Split
		}
	}
	if b.Originals != nil {
		out.Originals = joinedOriginals{b.Originals, prefix}
	}
	return &out
}

// joinedOriginals are those of an input whose splits are told apart by prefix.
type joinedOriginals struct {
	Originals
	prefix string
}

// Original implements Originals.
func (o joinedOriginals) Original(split string, ordinal int64) (Original, bool) {
	own, ok := strings.CutPrefix(split, o.prefix)
	if !ok {
		return Original{}, false
	}
	return o.Originals.Original(own, ordinal)
}

// RejectRaw implements Sink: it names the splits of the records as the pipeline knows them.
func (s inputSink) RejectRaw(ctx context.Context, at Site, rows []RawRejection) error {
	if prefix := s.node.splitPrefix(); prefix != "" {
		rows = slices.Clone(rows)
		for i := range rows {
			rows[i].Split = prefix + rows[i].Split
		}
	}
	return s.rejector.RejectRaw(ctx, at, rows)
}

// Reject implements Sink, for an input that rejects rows of a batch that it has not emitted. It borrows b.
func (s inputSink) Reject(ctx context.Context, at Site, b *Batch, rows []Rejection) error {
	return s.rejector.Reject(ctx, at, s.node.qualified(b), rows)
}
