package json

import (
	"strconv"

	"github.com/iggy-flow/iggy-flow/engine/codec"
)

// The codes of failures.
const (
	codeSyntax    = "json-syntax"
	codeType      = "json-type"
	codeRange     = "json-range"
	codeDuplicate = "json-duplicate-key"
	codeEncoding  = "json-encoding"
	codeDepth     = "json-depth"
	codeNull      = "null-in-required"
	codeUnknown   = "unknown-field"
	codeTooLong   = "frame-too-long"
)

// trouble is why the frame that is being read is no record.
type trouble struct {
	code   string
	column *column
	at     pointer // nil for what is missing
	note   string  // what was expected, or a name
}

// fail notes why the frame is no record, and is nil. It is kept out of the parsers' code, which is to stay small.
//
//go:noinline
func (d *decoder) fail(code string, c *column, p pointer, note string) pointer {
	d.trouble = trouble{code: code, column: c, at: p, note: note}
	return nil
}

func (d *decoder) syntax(p pointer, expected string) pointer {
	return d.fail(codeSyntax, nil, p, expected)
}

func (d *decoder) control(p pointer) pointer { return d.fail(codeSyntax, nil, p, "control") }

func (d *decoder) tooDeep(p pointer) pointer { return d.fail(codeDepth, nil, p, "") }

func (d *decoder) twice(name string, p pointer) pointer { return d.fail(codeDuplicate, nil, p, name) }

// mismatch is the failure for a value of another kind than c's.
func (d *decoder) mismatch(c *column, p pointer) pointer {
	switch b := byteAt(p, 0); {
	case b == '"', b == '{', b == '[', b == '-', b >= '0' && b <= '9':
		return d.fail(codeType, c, p, "")
	case b == 't', b == 'f':
		if d.literal(p) != nil {
			return d.fail(codeType, c, p, "")
		}
	}
	return d.syntax(p, "a value")
}

// explain writes the failure of the frame. The columns must still be as they were when it failed.
func (d *decoder) explain(frame []byte) codec.Failure {
	t := d.trouble
	d.trouble = trouble{}
	return codec.Failure{Code: t.code, Message: d.message(t, frame)}
}

func (d *decoder) message(t trouble, frame []byte) string {
	switch t.code {
	case codeTooLong:
		if t.column != nil {
			return d.path(t.column) + ": the elements of the record take more than " + strconv.Itoa(maxElements(&d.options)) + " bytes"
		}
		return "the record is longer than " + strconv.Itoa(d.options.MaxFrame) + " bytes"
	case codeDepth:
		return "byte " + t.place(frame) + ": objects and arrays are nested deeper than " + strconv.Itoa(d.options.MaxDepth) + " levels"
	case codeDuplicate:
		return "the key " + strconv.Quote(clip(t.note)) + " occurs twice in one object"
	case codeUnknown:
		if t.at == nil {
			return "unknown field " + strconv.Quote(clip(t.note)) + "; the schema has " + strconv.Itoa(d.root.known) + " columns, and more are not added"
		}
		name := "field " + t.excerpt(frame)
		if t.column != nil {
			name += " in " + d.path(t.column)
		}
		return "unknown " + name + "; the schema has no such field"
	case codeNull:
		if t.at == nil {
			return d.path(t.column) + " is missing; the column is required"
		}
		return d.path(t.column) + ": null; the column is required"
	case codeEncoding:
		if t.note != "" {
			return "byte " + t.place(frame) + ": " + clip(t.rest(frame, 6)) + " is half of a surrogate pair; expected two halves, one behind the other"
		}
		return "the text that ends at byte " + t.place(frame) + " is not valid UTF-8"
	case codeType, codeRange:
		return d.path(t.column) + ": " + t.value(frame) + "; expected " + expectation(t.column.field.Type, frame[t.offset(frame):])
	default:
		return d.syntaxMessage(t, frame)
	}
}

func (d *decoder) syntaxMessage(t trouble, frame []byte) string {
	offset := t.offset(frame)
	switch {
	case t.note == "record":
		return "a record is a JSON object; found " + clip(t.rest(frame, 16))
	case offset >= len(frame) && !d.newlines && t.note != "control":
		return "the line ends inside the object; expected " + t.note + "; a record stands on one line, or as an element of an array"
	case offset >= len(frame) && t.note == "control":
		return "the record ends inside a text; expected its closing quote"
	case t.note == "control":
		return "byte " + t.place(frame) + ": a control character (" + strconv.QuoteToASCII(t.rest(frame, 1)) + ") in a text; expected it escaped"
	default:
		return "byte " + t.place(frame) + ": found " + clip(t.rest(frame, 16)) + "; expected " + t.note
	}
}

// offset is where in the frame the trouble is.
func (t trouble) offset(frame []byte) int {
	if len(frame) == 0 || t.at == nil {
		return 0
	}
	return min(distance(pointer(&frame[0]), t.at), len(frame))
}

// place is the 1-based number of the byte.
func (t trouble) place(frame []byte) string { return strconv.Itoa(t.offset(frame) + 1) }

// rest is up to n bytes of the frame from the trouble on.
func (t trouble) rest(frame []byte, n int) string {
	from := t.offset(frame)
	return string(frame[from:min(from+n, len(frame))])
}

// path is the name of c as people write it: device.os, tags[3].
func (d *decoder) path(c *column) string {
	var chain []*column
	for ; c != nil; c = c.parent {
		chain = append(chain, c)
	}
	path, i := "", d.row
	for k := len(chain) - 1; k >= 0; k-- {
		c := chain[k]
		switch above := c.parent; {
		case above != nil && (above.read == readList || above.read == readMap):
			path += "[" + strconv.Itoa(above.count-above.offset(i)) + "]"
			i = above.count
		case above != nil:
			path += "." + c.name
		default:
			path += c.name
		}
	}
	return path
}
