package enginetest

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/internal/take"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// ProcessorCase is one processor under [ProcessorConformance].
type ProcessorCase struct {
	Register func(*engine.Registry)
	Line     string          // of a document: `filter: total > 1`
	Schema   *schemas.Schema // nil: OrdersSchema
	Texts    []string        // what columns of texts are drawn from; nil: a choice of odd ones
}

// maxRows of a random batch: more than a word of validity bits.
const maxRows = 100

// ProcessorConformance checks on random batches (nulls, odd values, no rows, slices with offsets, several splits, meta
// that no shape has) what every processor owes:
//
//   - each row has one fate, and every buffer one owner;
//   - what is emitted has the schema, the meta and the rows of origin that Bind promised, and meta and origin follow
//     their rows;
//   - a batch is not modified, and a slice of one means what a copy of the slice means;
//   - bound again with a further column, it emits the old columns where they were.
func ProcessorConformance(t *testing.T, c ProcessorCase) {
	t.Helper()
	if c.Schema == nil {
		c.Schema = OrdersSchema()
	}
	t.Run("batches", func(t *testing.T) { rapid.Check(t, c.batches) })
	t.Run("new column", func(t *testing.T) { rapid.Check(t, c.newColumn) })
}

func (c ProcessorCase) draw(t *rapid.T, stage *Stage) *engine.Batch {
	r := &random{
		Rand:   rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)),
		nulls:  rapid.SampledFrom([]float64{0, 0.1, 1}).Draw(t, "nulls"),
		scale:  rapid.SampledFrom([]float64{0, 200}).Draw(t, "scale"),
		texts:  c.Texts,
		hidden: true,
	}
	rows := rapid.IntRange(0, maxRows).Draw(t, "rows")
	return r.batch(stage.Mem, stage.In.Columns, r.origin(rows))
}

func (c ProcessorCase) batches(t *rapid.T) {
	stage := Processor(t, c.Register, c.Line, c.Schema)
	for range rapid.IntRange(1, 3).Draw(t, "batches") {
		whole := c.draw(t, stage)
		from := rapid.IntRange(0, whole.Len()).Draw(t, "from")
		to := rapid.IntRange(from, whole.Len()).Draw(t, "to")
		sliced := whole.Slice(from, to)
		copied := copyOf(t, stage, sliced)
		before := Text(whole)

		a := stage.Process(t, sliced)
		b := stage.Process(t, copied)
		if diff := cmp.Diff(before, Text(whole)); diff != "" {
			t.Errorf("the batch was modified (-before +behind):\n%s", diff)
		}
		if diff := cmp.Diff(b.Text(), a.Text()); diff != "" {
			t.Errorf("rows [%d, %d) of a batch give another result than a copy of them (-copy +slice):\n%s", from, to, diff)
		}
		if diff := cmp.Diff(b.Rejected, a.Rejected); diff != "" {
			t.Errorf("rows [%d, %d) of a batch are rejected otherwise than a copy of them (-copy +slice):\n%s", from, to, diff)
		}
		follows(t, a)
		whole.Release()
	}
}

func (c ProcessorCase) newColumn(t *rapid.T) {
	stage := Processor(t, c.Register, c.Line, c.Schema)
	first := c.draw(t, stage)
	stage.Process(t, first)
	old := stage.Out.Columns
	grown := append(stage.In.Columns.Fields(), schemas.Field{Name: "added_later", Type: schemas.Of(schemas.String)})
	stage.Bind(t, schemas.New(grown...))
	for i, f := range old.Fields() {
		if i >= stage.Out.Columns.Len() || !stage.Out.Columns.Field(i).Equal(f) {
			t.Errorf("with a new column behind the old ones the output changes from %s to %s: the old columns must stay where they are", old, stage.Out.Columns)
			break
		}
	}
	second := c.draw(t, stage)
	follows(t, stage.Process(t, second))
}

// copyOf returns the rows of b in buffers of their own, without an offset. It borrows b.
func copyOf(t TB, stage *Stage, b *engine.Batch) *engine.Batch {
	rows := make([]int32, b.Len())
	for i := range rows {
		rows[i] = int32(i)
	}
	columns, err := take.Record(context.Background(), stage.Mem, b.Columns, rows)
	if err != nil {
		t.Fatalf("copy the columns: %v", err)
	}
	meta, err := take.Record(context.Background(), stage.Mem, b.Meta, rows)
	if err != nil {
		t.Fatalf("copy the meta: %v", err)
	}
	return b.Derive(b.Schema, columns, meta, b.Origin)
}

// follows checks that meta and origin still describe the rows that they came in with: in random batches both say the
// ordinal.
func follows(t TB, r *Result) {
	t.Helper()
	for _, b := range r.Batches {
		if b.Originals == nil {
			t.Errorf("the records that a batch comes from were lost: make it with Derive, With, Take or Slice")
		}
		hidden := b.Meta.Schema().FieldIndices("$hidden")
		if len(hidden) != 1 {
			t.Errorf("a meta column that no shape has was lost: %s", b.Meta.Schema())
			return
		}
		offsets, again := b.Meta.Column(0).(*array.Int64), b.Meta.Column(hidden[0]).(*array.Int64)
		for row := range b.Len() {
			if _, ordinal := b.Origin.At(row); offsets.Value(row) != ordinal || again.Value(row) != ordinal {
				t.Errorf("row %d comes from record %d by its origin, and from records %d and %d by its meta", row, ordinal, offsets.Value(row), again.Value(row))
				return
			}
		}
	}
}

// Random draws a batch of s with its memory from mem: nulls, odd values and no rows among them. The caller owns it.
func Random(t *rapid.T, mem memory.Allocator, s *schemas.Schema) *engine.Batch {
	return ProcessorCase{}.draw(t, &Stage{Mem: mem, In: engine.Shape{Columns: s}})
}
