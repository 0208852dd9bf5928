package enginetest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// faulty is a processor that breaks one rule.
type faulty struct {
	mem     memory.Allocator
	process func(*faulty, *engine.Batch) (*engine.Batch, error)
}

func (f *faulty) Bind(in engine.Shape) (engine.Shape, source.Diagnostics) { return in, nil }

func (f *faulty) Process(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	b, err := f.process(f, b)
	if err != nil {
		return err
	}
	return out.Emit(ctx, b)
}

// recorder is a test that notes what it is told.
type recorder struct {
	said     []string
	cleanups []func()
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.said = append(r.said, fmt.Sprintf(format, args...))
}
func (r *recorder) Fatalf(format string, args ...any) { r.Errorf(format, args...) }
func (r *recorder) Cleanup(f func())                  { r.cleanups = append(r.cleanups, f) }

func (r *recorder) finish() {
	for i := len(r.cleanups) - 1; i >= 0; i-- {
		r.cleanups[i]()
	}
}

// TestStageFindsWhatIsWrong: each processor breaks one rule, and is told so.
func TestStageFindsWhatIsWrong(t *testing.T) {
	for name, test := range map[string]struct {
		process func(*faulty, *engine.Batch) (*engine.Batch, error)
		want    string // "" for none
	}{
		"nothing": {func(_ *faulty, b *engine.Batch) (*engine.Batch, error) { return b, nil }, ""},
		"a row that is lost": {func(_ *faulty, b *engine.Batch) (*engine.Batch, error) {
			defer b.Release()
			return b.Slice(0, 1), nil
		}, "the rows do not add up"},
		"a leak": {func(_ *faulty, b *engine.Batch) (*engine.Batch, error) {
			b.Retain()
			return b, nil
		}, "invalid memory size"},
		"another schema": {func(_ *faulty, b *engine.Batch) (*engine.Batch, error) {
			b.Schema = schemas.New(append(b.Schema.Fields(), schemas.Field{Name: "more", Type: schemas.Of(schemas.Bool)})...)
			return b, nil
		}, "Bind promised"},
		"an origin of other rows": {func(_ *faulty, b *engine.Batch) (*engine.Batch, error) {
			b.Origin = b.Origin.Slice(0, 1)
			return b, nil
		}, "of origin"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &recorder{}
			stage := enginetest.Processor(r, func(registry *engine.Registry) {
				engine.AddProcessor(registry, engine.ProcessorSpec[struct{}]{
					Name: "faulty", Summary: "A fake.",
					New: func(_ struct{}, env engine.Env) (engine.Processor, error) { return &faulty{env.Mem, test.process}, nil },
				})
			}, "faulty: {}", nil)
			stage.Process(r, stage.Batch(r, "{\"id\":1}\n{\"id\":2}\n"))
			r.finish()
			said := strings.Join(r.said, "\n")
			if test.want == "" && said != "" || !strings.Contains(said, test.want) {
				t.Errorf("the test was told %q; want %q", said, test.want)
			}
		})
	}
}
