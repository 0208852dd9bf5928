package json

import (
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// writer is one column, or one part of a nested one: its key, and where the values of the batch stand.
type writer struct {
	key    []byte    // `,"name":`, or with a brace for the first member
	words  [2]uint64 // its first 16 bytes
	field  schemas.Field
	arrow  arrow.DataType
	parent *writer
	width  int

	offset   int // of the batch's first row in the buffers
	valid    []byte
	values   pointer // fixed-width values or offsets
	data     []byte  // what the offsets of text point into
	keyParts *writer // of a map
	element  *writer // of a list; the value of a map
	members  []*writer

	day     int64 // the last day written, and its text
	dayText []byte
}

func newWriters(fields []schemas.Field, parent *writer) []*writer {
	writers := make([]*writer, len(fields))
	for i, f := range fields {
		lead := byte(',')
		if i == 0 {
			lead = '{'
		}
		writers[i] = newWriter(f, parent)
		key, _ := appendText([]byte{lead}, []byte(f.Name))
		writers[i].key = append(key, ':')
		padded := append(slices.Clone(writers[i].key), make([]byte, 16)...)
		writers[i].words = [2]uint64{word(pointer(&padded[0])), word(pointer(&padded[8]))}
	}
	return writers
}

func newWriter(f schemas.Field, parent *writer) *writer {
	w := &writer{field: f, arrow: f.Type.Arrow(), parent: parent}
	_, w.width = layout(f.Type)
	switch f.Type.Kind {
	case schemas.List:
		w.element = newWriter(schemas.Field{Type: *f.Type.Elem}, w)
	case schemas.Map:
		w.element = newWriter(schemas.Field{Type: *f.Type.Elem}, w)
		w.keyParts = newWriter(schemas.Field{Type: schemas.Of(schemas.String)}, w)
	case schemas.Struct:
		w.members = newWriters(f.Type.Fields, w)
	}
	return w
}

// path is the name of w as people write it; elements are not told apart.
func (w *writer) path() string {
	switch {
	case w.parent == nil:
		return w.field.Name
	case w.parent.element == w || w.parent.keyParts == w:
		return w.parent.path() + "[]"
	default:
		return w.parent.path() + "." + w.field.Name
	}
}

// bind points w at data, of which offset values are to be passed over. It borrows data until unbind.
func (w *writer) bind(data arrow.ArrayData, offset int) {
	if !carries(data.DataType(), w.arrow) {
		panic(fmt.Sprintf("json: column %s carries Arrow's %s; its schema says %s", w.path(), data.DataType(), w.field.Type))
	}
	w.offset = data.Offset() + offset
	w.valid, w.values, w.data = nil, nil, nil
	if b := data.Buffers()[0]; b != nil && data.NullN() != 0 {
		w.valid = b.Bytes()
	}
	if len(data.Buffers()) > 1 && data.Buffers()[1] != nil && data.Buffers()[1].Len() > 0 {
		w.values = pointer(&data.Buffers()[1].Bytes()[0])
	}
	if len(data.Buffers()) > 2 && data.Buffers()[2] != nil {
		w.data = data.Buffers()[2].Bytes()
	}
	switch w.field.Type.Kind {
	case schemas.List:
		w.element.bind(data.Children()[0], 0)
	case schemas.Map:
		entries := data.Children()[0]
		w.keyParts.bind(entries.Children()[0], entries.Offset())
		w.element.bind(entries.Children()[1], entries.Offset())
	case schemas.Struct:
		for i, m := range w.members {
			m.bind(data.Children()[i], w.offset)
		}
	}
}

// carries reports whether values of type got are read as those of want. The parts of nested types are looked at apart.
func carries(got, want arrow.DataType) bool {
	if got.ID() != want.ID() {
		return false
	}
	switch want := want.(type) {
	case *arrow.TimestampType:
		return got.(*arrow.TimestampType).Unit == want.Unit
	case *arrow.Time64Type:
		return got.(*arrow.Time64Type).Unit == want.Unit
	case *arrow.Decimal128Type:
		return got.(*arrow.Decimal128Type).Scale == want.Scale
	case *arrow.FixedSizeBinaryType:
		return got.(*arrow.FixedSizeBinaryType).ByteWidth == want.ByteWidth
	case *arrow.StructType:
		return got.(*arrow.StructType).NumFields() == want.NumFields()
	default:
		return true
	}
}

func (w *writer) unbind() {
	w.valid, w.values, w.data = nil, nil, nil
	if w.element != nil {
		w.element.unbind()
	}
	if w.keyParts != nil {
		w.keyParts.unbind()
	}
	for _, m := range w.members {
		m.unbind()
	}
}
