package enginetest

import (
	"context"
	"fmt"
	"regexp"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/iggy-flow/iggy-flow/engine"
)

// collector is the Sink behind a stage: it keeps what is emitted and checks it.
type collector struct {
	t       TB
	stage   *Stage
	discard bool
	result  *Result
}

var _ engine.Sink = (*collector)(nil)

// Emit implements engine.Sink.
func (c *collector) Emit(_ context.Context, b *engine.Batch) error {
	if c.discard {
		b.Release()
		return nil
	}
	if c.stage == nil {
		c.t.Errorf("an output emits %d rows", b.Len())
		b.Release()
		return nil
	}
	c.check(b)
	c.result.Batches = append(c.result.Batches, b)
	return nil
}

func (c *collector) check(b *engine.Batch) {
	c.t.Helper()
	promised := c.stage.Out.Columns
	if b.Schema != promised && !b.Schema.Equal(promised) {
		c.t.Errorf("emitted columns are %s; Bind promised %s", b.Schema, promised)
	}
	if want := b.Schema.Arrow(); !sameTypes(want, b.Columns.Schema()) {
		c.t.Errorf("the Arrow schema of what is emitted is\n%s\nwhere its schema means\n%s", b.Columns.Schema(), want)
	}
	for i, column := range b.Columns.Columns() {
		if !arrow.TypeEqual(column.DataType(), b.Columns.Schema().Field(i).Type) || column.Len() != b.Len() {
			c.t.Errorf("column %s is %d values of %s in a batch of %d rows whose schema says %s",
				b.Columns.ColumnName(i), column.Len(), column.DataType(), b.Len(), b.Columns.Schema().Field(i).Type)
		}
	}
	if int(b.Meta.NumRows()) != b.Len() || b.Origin.Len() != b.Len() {
		c.t.Errorf("%d rows were emitted with %d of meta and %d of origin", b.Len(), b.Meta.NumRows(), b.Origin.Len())
	}
	for i, f := range c.stage.Out.Meta.Fields() {
		if i >= int(b.Meta.NumCols()) || b.Meta.ColumnName(i) != f.Name {
			c.t.Errorf("the meta of what is emitted is %s; Bind promised %s", b.Meta.Schema(), c.stage.Out.Meta)
			break
		}
	}
}

// sameTypes reports whether the columns have equal names and types, leaving metadata and nullability out.
func sameTypes(a, b *arrow.Schema) bool {
	if a.NumFields() != b.NumFields() {
		return false
	}
	for i, f := range a.Fields() {
		if g := b.Field(i); f.Name != g.Name || !arrow.TypeEqual(f.Type, g.Type) {
			return false
		}
	}
	return true
}

var kebab = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Reject implements engine.Sink.
func (c *collector) Reject(_ context.Context, at engine.Site, b *engine.Batch, rows []engine.Rejection) error {
	if c.discard {
		return nil
	}
	c.t.Helper()
	last := -1
	for _, r := range rows {
		if r.Row <= last || r.Row >= b.Len() {
			c.t.Errorf("row %d is rejected behind row %d of %d: rejections ascend, each row once", r.Row, last, b.Len())
		}
		last = r.Row
		if r.Message == "" || !kebab.MatchString(r.Code) {
			c.t.Errorf("row %d is rejected with code %q and message %q", r.Row, r.Code, r.Message)
		}
		_, ordinal := b.Origin.At(r.Row)
		c.result.Rejected = append(c.result.Rejected, Rejected{Path: at.Path, Ordinal: ordinal, Code: r.Code, Message: r.Message, At: r.Range.String()})
	}
	return nil
}

// RejectRaw implements engine.Sink: no processor decodes.
func (c *collector) RejectRaw(_ context.Context, at engine.Site, rows []engine.RawRejection) error {
	return fmt.Errorf("%s rejects %d raw records: only inputs decode", at.Path, len(rows))
}
