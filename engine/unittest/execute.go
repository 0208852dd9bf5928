package unittest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// outcome is what came of the records of a case.
type outcome struct {
	schema  *schemas.Schema
	rows    []row
	routes  []string // of each row; nil where the output has no router
	letters []letter // by ordinal
}

// letter is a rejected record.
type letter struct {
	site          engine.Site
	code, message string
	at            string // file:line:column of what rejected it; may be empty
	ordinal       int64
	record        row
	typ           schemas.Type // of the record
	raw           []byte
}

// String names the record, who rejected it and why.
func (l letter) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "record %d at %s: %s [%s]", l.ordinal, l.where(), l.message, l.code)
	if l.at != "" {
		b.WriteString(" at " + l.at)
	}
	if l.record.text != "" {
		b.WriteString("; " + clip(l.record.text))
	} else if l.raw != nil {
		b.WriteString("; raw " + clip(l.rawText()))
	}
	return b.String()
}

// where is the component's path and name.
func (l letter) where() string {
	if l.site.Name == "" || strings.HasSuffix(l.site.Path, "."+l.site.Name) {
		return l.site.Path
	}
	return l.site.Path + "." + l.site.Name
}

func (l letter) rawText() string {
	if utf8.Valid(l.raw) {
		return quote(string(l.raw))
	}
	return strconv.QuoteToASCII(string(l.raw))
}

// collector is the Sink behind the chain of a plan: it stands for the output and the dead letter.
type collector struct {
	plan  *engine.Plan
	out   outcome
	bound *schemas.Schema
}

var _ engine.Sink = (*collector)(nil)

// Emit implements engine.Sink: it routes the rows of b and keeps them as JSON.
func (c *collector) Emit(ctx context.Context, b *engine.Batch) error {
	defer b.Release()
	output := c.plan.Output
	if b.Schema != c.bound {
		if ds := output.Output.Bind(engine.Shape{Columns: b.Schema, Meta: output.In.Meta}); ds.HasErrors() {
			return engine.DiagnosticsError{Diagnostics: ds}
		}
		c.bound, c.out.schema = b.Schema, b.Schema
	}
	rows, err := rowsOf(b.Schema, b.Columns)
	if err != nil {
		return fmt.Errorf("show the rows: %w", err)
	}
	router, ok := output.Output.(engine.Router)
	if !ok {
		c.out.rows = append(c.out.rows, rows...)
		return nil
	}
	targets, rejected, err := router.Route(ctx, b)
	if err != nil {
		return fmt.Errorf("route the rows: %w", err)
	}
	defer targets.Release()
	if err := c.Reject(ctx, output.Site, b, rejected); err != nil {
		return err
	}
	for i, r := range rows {
		if len(rejected) > 0 && rejected[0].Row == i {
			rejected = rejected[1:]
			continue
		}
		c.out.rows = append(c.out.rows, r)
		c.out.routes = append(c.out.routes, strings.Clone(targets.ValueStr(i))) // it may lie in the array's memory
	}
	return nil
}

// Reject implements engine.Sink.
func (c *collector) Reject(_ context.Context, at engine.Site, b *engine.Batch, rows []engine.Rejection) error {
	for _, r := range rows {
		split, ordinal := b.Origin.At(r.Row)
		var raw []byte
		if b.Originals != nil {
			if o, ok := b.Originals.Original(split, ordinal); ok {
				raw = bytes.Clone(o.Raw)
			}
		}
		one := b.Columns.NewSlice(int64(r.Row), int64(r.Row)+1)
		shown, err := rowsOf(b.Schema, one)
		one.Release()
		if err != nil {
			return fmt.Errorf("show the rejected row: %w", err)
		}
		c.out.letters = append(c.out.letters, letter{
			site: at, code: r.Code, message: r.Message, at: r.Range.String(), ordinal: ordinal, record: shown[0], typ: rowType(b.Schema), raw: raw,
		})
	}
	return nil
}

// RejectRaw implements engine.Sink: no processor decodes records.
func (c *collector) RejectRaw(_ context.Context, at engine.Site, rows []engine.RawRejection) error {
	return fmt.Errorf("%s rejects %d records that never became rows: this is a bug in iggy-flow, please report it", at.Path, len(rows))
}

// execute runs batches, which it borrows, through the processors and the router of a bound plan. Sizes cut them into
// smaller ones, in turns; without sizes they stay whole.
func execute(ctx context.Context, plan *engine.Plan, taken *intake, sizes ...int) (outcome, error) {
	c := &collector{plan: plan, bound: plan.Output.In.Columns}
	c.out.schema = plan.Output.In.Columns
	c.out.letters = slices.Clone(taken.letters)
	out := engine.NewOut(engine.Site{Path: "processors"}, c)
	turn := 0
	for _, b := range taken.batches {
		for from := 0; from < b.Len(); {
			to := b.Len()
			if len(sizes) > 0 {
				to = min(from+sizes[turn%len(sizes)], to)
				turn++
			}
			piece := b.Slice(from, to)
			from = to
			out.Receive(piece.Len())
			if err := plan.Chain.Process(ctx, piece, out); err != nil {
				return c.out, err
			}
			if err := plan.Chain.Balance(); err != nil {
				return c.out, err
			}
			if err := ctx.Err(); err != nil {
				return c.out, err
			}
		}
	}
	// Which of two processors rejects first depends on the batches, and so does the order; the records' does not.
	slices.SortStableFunc(c.out.letters, func(a, b letter) int { return cmp.Compare(a.ordinal, b.ordinal) })
	return c.out, nil
}

// disagreement tells how an outcome of small batches differs from that of whole ones; it must not.
func disagreement(whole, small outcome) (out []string) {
	if !whole.schema.Equal(small.schema) {
		out = append(out, fmt.Sprintf("columns: %s in one batch, %s in small ones", whole.schema, small.schema))
	}
	out = append(out, diffRows(whole.schema, whole.rows, small.rows)...)
	if len(out) == 0 && !slices.Equal(whole.routes, small.routes) {
		out = append(out, "the routes of the rows differ")
	}
	for i := range max(len(whole.letters), len(small.letters)) {
		a, b := "none", "none"
		if i < len(whole.letters) {
			a = whole.letters[i].String()
		}
		if i < len(small.letters) {
			b = small.letters[i].String()
		}
		if a != b {
			out = append(out, fmt.Sprintf("dead letter %d: %s in one batch, %s in small ones", i+1, a, b))
		}
	}
	return capped(out)
}
