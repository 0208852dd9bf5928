package json

import (
	"github.com/iggy-flow/iggy-flow/engine/codec"
)

// Format is JSON as documents name it.
func Format() codec.Format {
	return codec.Format{
		Name:       "json",
		Summary:    "One JSON object a line, or one array of objects.",
		Endings:    []string{".json", ".ndjson", ".jsonl"},
		NewDecoder: newDecoder,
		NewEncoder: newEncoder,
		Frames:     frames,
		Refold:     refold,

		RefoldState: []byte{byte(inLines)},
		Infer:       Infer,
	}
}
