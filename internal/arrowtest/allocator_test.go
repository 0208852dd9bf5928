package arrowtest_test

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
)

// recorder is a test that notes whether it failed.
type recorder struct {
	failed   bool
	cleanups []func()
}

func (r *recorder) Helper()               {}
func (r *recorder) Errorf(string, ...any) { r.failed = true }
func (r *recorder) Cleanup(f func())      { r.cleanups = append(r.cleanups, f) }

func (r *recorder) finish() {
	for _, f := range r.cleanups {
		f()
	}
}

func TestAllocatorFailsTheTestThatLeaks(t *testing.T) {
	for _, release := range []bool{true, false} {
		var r recorder
		b := array.NewInt64Builder(arrowtest.Allocator(&r))
		b.AppendValues([]int64{1, 2, 3}, nil)
		a := b.NewArray()
		b.Release()
		if release {
			a.Release()
		}
		r.finish()
		if r.failed == release {
			t.Errorf("released %v: failed %v", release, r.failed)
		}
		if !release {
			a.Release()
		}
	}
}

func TestAllocatorServesRapid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := array.NewInt64Builder(arrowtest.Allocator(t))
		defer b.Release()
		b.AppendValues(rapid.SliceOf(rapid.Int64()).Draw(t, "values"), nil)
		b.NewArray().Release()
	})
}
