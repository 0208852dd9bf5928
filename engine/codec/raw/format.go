package raw

import (
	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/engine/codec/payload"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Format is bytes as documents name it.
func Format() codec.Format {
	columns := payload.Schema(schemas.Binary)
	return codec.Format{
		Name:        "raw",
		Summary:     "Bytes as they are, a whole file or a message, in the column `payload`.",
		Columns:     columns,
		NewDecoder:  newDecoder,
		NewEncoder:  newEncoder,
		Frames:      frames,
		Refold:      payload.Fold,
		RefoldState: payload.FoldState,
		Infer:       func([]byte, bool, codec.SampleLimits) (*schemas.Schema, error) { return columns, nil },
	}
}

// newEncoder returns an encoder of bytes or texts. In a file nothing parts one from the next.
func newEncoder(s *schemas.Schema) (codec.Encoder, error) {
	if err := payload.Check("raw", s, schemas.Binary, schemas.String); err != nil {
		return nil, err
	}
	return &payload.Writer{Format: "raw"}, nil
}
