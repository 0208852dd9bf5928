package text

import (
	"bytes"

	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/engine/codec/payload"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Format is plain text as documents name it.
func Format() codec.Format {
	columns := payload.Schema(schemas.String)
	return codec.Format{
		Name:        "text",
		Summary:     "One text a line, or a message, in the column `payload`.",
		Endings:     []string{".txt", ".log"},
		Columns:     columns,
		NewDecoder:  newDecoder,
		NewEncoder:  newEncoder,
		Frames:      frames,
		Refold:      payload.Fold,
		RefoldState: payload.FoldState,
		Infer:       func([]byte, bool, codec.SampleLimits) (*schemas.Schema, error) { return columns, nil },
	}
}

func newEncoder(s *schemas.Schema) (codec.Encoder, error) {
	if err := payload.Check("text", s, schemas.String); err != nil {
		return nil, err
	}
	return &payload.Writer{Format: "text", Refuse: refuse, End: "\n"}, nil
}

// refuse says why a text would not come back as one line.
func refuse(text []byte) string {
	switch {
	case bytes.IndexByte(text, '\n') >= 0:
		return "the text has a line end; a record is one line of the file"
	case bytes.HasSuffix(text, []byte{'\r'}):
		return "the text ends in a carriage return, which is read back as a part of the line end"
	}
	return ""
}
