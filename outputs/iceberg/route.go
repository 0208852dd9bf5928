package iceberg

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/expression"
	lake "github.com/iggy-flow/iggy-flow/internal/iceberg"
)

// Route implements engine.Router: the name of each row's table, null for a row that has none.
func (o *output) Route(ctx context.Context, b *engine.Batch) (arrow.Array, []engine.Rejection, error) {
	names := array.NewStringBuilder(o.env.Mem)
	defer names.Release()
	names.Reserve(b.Len())
	if o.config.Route.IsZero() {
		for range b.Len() {
			names.Append(o.config.Table.Value)
		}
		return names.NewArray(), nil, nil
	}
	g, err := o.group(ctx, b)
	if err != nil {
		return nil, nil, err
	}
	for _, group := range g.of {
		if group < 0 {
			names.AppendNull()
		} else {
			names.Append(g.names[group])
		}
	}
	return names.NewArray(), g.rejected, nil
}

// grouping is the rows of a batch by table. Its memory is kept between batches.
type grouping struct {
	names    []string // of the groups, in the order in which their first rows come
	of       []int32  // the group of each row; -1 for a rejected one
	counts   []int32  // rows of each group
	rejected []engine.Rejection

	index map[string]int32
	rows  []int32
}

// group evaluates the route. The result is valid until the next call.
func (o *output) group(ctx context.Context, b *engine.Batch) (*grouping, error) {
	if o.eval == nil {
		return nil, errors.New("evaluate the route: it is not bound: this is a bug in iggy-flow")
	}
	out, failed, err := o.eval.Eval(ctx, expression.Rows{Columns: b.Columns, Meta: b.Meta, Now: time.Time{}})
	if err != nil {
		return nil, fmt.Errorf("evaluate the route: %w", err)
	}
	defer out[0].Release()
	g := &o.scratch
	g.reset(b.Len())
	for _, f := range failed {
		g.rejected = append(g.rejected, engine.Rejection{Row: f.Row, Code: f.Code, Message: f.Message, Range: f.Range})
		g.of[f.Row] = -1
	}
	values, ok := out[0].(*array.String)
	if !ok {
		return nil, fmt.Errorf("evaluate the route: it is %s, not string: this is a bug in iggy-flow", out[0].DataType())
	}
	last, group := "", int32(-1) // of the row before: runs of one table need no lookup
	for i := range g.of {
		if g.of[i] < 0 {
			continue
		}
		name := values.Value(i)
		if values.IsNull(i) {
			name = ""
		}
		if group < 0 || name != last {
			last, group = name, g.find(name)
		}
		if g.of[i] = group; group < 0 {
			g.rejected = append(g.rejected, o.unnamed(i, name))
			continue
		}
		g.counts[group]++
	}
	slices.SortFunc(g.rejected, func(a, b engine.Rejection) int { return a.Row - b.Row })
	return g, nil
}

// unnamed is the rejection of a row whose route names no table.
func (o *output) unnamed(row int, name string) engine.Rejection {
	r := engine.Rejection{Row: row, Range: o.config.Route.Range, Code: "route-name", Message: fmt.Sprintf("the route gives %q; expected %s", name, nameRule)}
	if name == "" {
		r.Code, r.Message = "route-null", "the route gives no table: its value is null or empty"
	}
	return r
}

func (g *grouping) reset(rows int) {
	g.names, g.counts, g.rejected = g.names[:0], g.counts[:0], nil
	if g.index == nil {
		g.index = map[string]int32{}
	}
	clear(g.index)
	if cap(g.of) < rows {
		g.of, g.rows = make([]int32, rows), make([]int32, rows)
	}
	g.of = g.of[:rows]
	clear(g.of)
}

// find returns the group of a table; -1 for a name that is none. The name is only borrowed.
func (g *grouping) find(name string) int32 {
	if group, ok := g.index[name]; ok {
		return group
	}
	group, name := int32(-1), strings.Clone(name)
	if lake.ValidTableName(name) {
		group = int32(len(g.names))
		g.names, g.counts = append(g.names, name), append(g.counts, 0)
	}
	g.index[name] = group
	return group
}

// permutation lists the rows by group, in their order within each: one gather for all tables of a batch.
func (g *grouping) permutation() []int32 {
	next := make([]int32, len(g.counts))
	total := int32(0)
	for group, n := range g.counts {
		next[group] = total
		total += n
	}
	rows := g.rows[:total]
	for i, group := range g.of {
		if group >= 0 {
			rows[next[group]] = int32(i)
			next[group]++
		}
	}
	return rows
}
