package unittest

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/engine/codec/json"
	"github.com/iggy-flow/iggy-flow/internal/take"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// meta gives the rows of a case their meta fields: all of the input's, null where the case says nothing.
type meta struct {
	mem    memory.Allocator
	values arrow.RecordBatch // a row for each map, and one of nulls behind them; owned
	all    bool              // the first row is that of every record
	err    error             // of build, which can return none
}

// newMeta reads what a case says of the meta fields of its input. The caller releases it.
func newMeta(n *dsl.Node, fields []schemas.Field, mem memory.Allocator) (*meta, source.Diagnostics) {
	m := &meta{mem: mem}
	maps := []*dsl.Node{}
	if n != nil {
		maps = n.Items
		if m.all = n.Kind == dsl.MapNode; m.all {
			maps = []*dsl.Node{n}
		}
	}
	names := make([]string, len(fields))
	for i := range fields {
		names[i] = fields[i].Name
		fields[i].Required = false // what a case does not care for it leaves out
	}
	var ds source.Diagnostics
	var text []byte
	for _, entry := range maps {
		if entry.Kind != dsl.MapNode {
			ds = append(ds, finding("test-meta", place(entry), "the meta of a record is "+entry.Kind.String(), "a map of meta fields", ""))
		}
		for _, e := range entry.Entries {
			ds = append(ds, unknown(e, "meta field", "the input has no", names)...)
		}
		text = append(appendNode(text, entry), '\n')
	}
	if ds.HasErrors() {
		return nil, ds
	}
	text = append(text, "{}\n"...)
	m.values, ds = decodeMeta(text, maps, schemas.New(fields...), mem)
	return m, ds
}

// decodeMeta reads the lines of text, one for each of maps and one more. The record is owned by the caller.
func decodeMeta(text []byte, maps []*dsl.Node, s *schemas.Schema, mem memory.Allocator) (arrow.RecordBatch, source.Diagnostics) {
	if s.Len() == 0 {
		return array.NewRecordBatch(s.Arrow(), nil, int64(len(maps)+1)), nil
	}
	options := codec.DecodeOptions{Mem: mem, Schema: s, Unknown: codec.RejectUnknown, MaxRows: len(maps) + 1}.Defaults()
	decoder, err := json.Format().NewDecoder(options)
	if err != nil {
		return nil, source.Diagnostics{{Code: "test-meta", Found: "meta cannot be read: " + err.Error()}}
	}
	size := len(text)
	text = append(text, make([]byte, codec.Padding)...)
	_, err = decoder.Decode(text[:size], true)
	rows := decoder.Flush()
	var ds source.Diagnostics
	for _, f := range rows.Failed {
		ds = append(ds, finding("test-meta", place(maps[f.Frame]), f.Message, "", ""))
	}
	if err == nil && ds == nil && rows.Record != nil {
		return rows.Record, nil
	}
	if rows.Record != nil {
		rows.Record.Release()
	}
	if err != nil {
		ds = append(ds, source.Diagnostic{Code: "test-meta", Found: "meta cannot be read: " + err.Error()})
	}
	return nil, ds
}

// unknown reports an entry whose name is none of names.
func unknown(e *dsl.Node, what, nothing string, names []string) source.Diagnostics {
	for _, name := range names {
		if name == e.Key {
			return nil
		}
	}
	d := source.Diagnostic{Code: "unknown-field", Range: place(e), Found: "unknown " + what + " `" + e.Key + "`", Expected: nothing + " " + what + "s"}
	if len(names) > 0 {
		d.Expected = "one of: " + join(names)
	}
	if near := source.Suggest(e.Key, names); near != "" {
		d.Fix = "write `" + near + "`"
	}
	return source.Diagnostics{d}
}

// build returns the meta of a batch, owned by the caller: what scanner.New wants.
func (m *meta) build(origin engine.Origin, rows int) arrow.RecordBatch {
	indexes := make([]int32, 0, rows)
	last := m.values.NumRows() - 1
	for _, run := range origin {
		for i := range run.Rows {
			at := min(run.Ordinal+int64(i), last)
			if m.all {
				at = 0
			}
			indexes = append(indexes, int32(at))
		}
	}
	r, err := take.Record(context.Background(), m.mem, m.values, indexes)
	if err != nil {
		m.err = fmt.Errorf("give the records their meta: %w", err)
		return array.NewRecordBatch(arrow.NewSchema(nil, nil), nil, int64(rows))
	}
	return r
}

// fits reports a list that has not a map for each record.
func (m *meta) fits(n *dsl.Node, frames int64) error {
	if m.err != nil || n == nil || m.all || int64(len(n.Items)) == frames {
		return m.err
	}
	return fmt.Errorf("meta lists %s for %s: write one for each, or one map for all", plural(len(n.Items), "map"), plural(int(frames), "record"))
}

func (m *meta) release() {
	if m != nil && m.values != nil {
		m.values.Release()
	}
}
