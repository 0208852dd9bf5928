package enginetest

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/engine"
)

// originals stand for the input records of a batch. They hold memory, so that a stage that drops or doubles a reference
// fails its test.
type originals struct{ *memory.Buffer }

var _ engine.Originals = originals{}

func newOriginals(mem memory.Allocator) originals {
	b := memory.NewResizableBuffer(mem)
	b.Resize(64)
	return originals{b}
}

// Bytes implements engine.Originals.
func (o originals) Bytes() int64 { return int64(o.Len()) }

// Original implements engine.Originals.
func (o originals) Original(split string, ordinal int64) (engine.Original, bool) {
	return engine.Original{Raw: fmt.Appendf(nil, "%s/%d", split, ordinal)}, o.Len() > 0
}
