package json

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// operation is how a column's values are read: dense, so that the switch over it is a jump.
type operation uint8

const (
	skipValue operation = iota // a name that the schema lacks
	readText
	readInt64
	readInteger // the other widths
	readDouble
	readFloat
	readDecimal
	readBool
	readTimestamp
	readInstant // timestamp_ns, local_timestamp
	readDate
	readTime
	readUUID
	readBinary
	readFixed
	readJSON
	readStruct
	readList
	readMap
)

// column is one column, or one part of a nested one: what its key looks like, and its buffers. Index i of a column is a
// row, or for the element of a list its place among all elements.
type column struct {
	key    key
	next   *column // which key is expected behind this one
	seen   uint64  // the generation of the last object that had this key
	weight int     // 1, or 0 for a name that the schema lacks
	read   operation
	width  int     // bytes of a value, or of an offset
	values pointer // fixed-width values or offsets; room for capacity of them (offsets: one more)
	text   text    // what the offsets point into

	minute [2]uint64 // 16 bytes of the last timestamp, down to its minute
	base   int64     // and what they mean, in microseconds

	low  int64 // bounds of an integer
	high uint64

	valid     []byte // bitmap; nil while there is no null
	nulls     int
	capacity  int
	count     int     // of a list or map: elements so far
	start     int     // and where those of the record begin
	record    uint64  // which that is
	most      int     // up to how many elements a record has
	element   *column // of a list; the value of a map
	mapKey    *column
	keys      map[string]struct{} // of the map that is being read, once it has many
	members   *object
	lastText  int // sizes of the batch before
	lastCount int

	values0, valid0 *memory.Buffer // own values and valid

	name     string
	field    schemas.Field
	arrow    arrow.DataType
	parent   *column
	depth    int // of the value, when it is an object or array; a record is at 1
	required bool
}

// object is the set of names of a record or struct.
type object struct {
	columns []*column // in schema order
	first   *column   // which key is expected first
	known   int       // len(columns)
	recent
	names  table   // all columns, and the strangers that were learnt
	learnt int     // strangers among names
	other  *column // stands for a stranger that is not learnt
	depth  int
	root   bool
	owner  *column // nil for the record
}

func newObject(fields []schemas.Field, owner *column, depth int) *object {
	o := &object{depth: depth, owner: owner, root: owner == nil, recent: newRecent(len(fields))}
	o.other = &column{key: newKey("\x00"), parent: owner, depth: depth + 1}
	o.other.next = o.other
	o.first = o.other
	for _, f := range fields {
		o.append(newColumn(f, owner, depth+1))
	}
	return o
}

// append adds a column behind the others and expects it there.
func (o *object) append(c *column) {
	if n := len(o.columns); n > 0 {
		c.next = o.columns[0]
		o.columns[n-1].next = c
	} else {
		c.next, o.first = c, c
	}
	o.columns = append(o.columns, c)
	o.known++
	if c.weight == 1 && o.lookup(c.name) == nil {
		o.names.add(c, o.known+o.learnt)
	}
}

func (o *object) lookup(name string) *column {
	padded := append(make([]byte, 0, len(name)+8), name...)
	return o.names.find(pointer(&padded[:8][0]), len(name))
}

// newColumn prepares the column of f, whose value stands at the given depth.
func newColumn(f schemas.Field, parent *column, depth int) *column {
	c := &column{key: newKey(f.Name), name: f.Name, parent: parent, depth: depth}
	c.next = c
	c.define(f)
	return c
}

// define makes c, which may have stood for a name that the schema lacks, the column of f.
func (c *column) define(f schemas.Field) {
	c.field, c.arrow, c.required, c.weight = f, f.Type.Arrow(), f.Required, 1
	c.read, c.width = layout(f.Type)
	c.low, c.high = bounds(f.Type.Kind)
	switch f.Type.Kind {
	case schemas.List:
		c.element = newColumn(schemas.Field{Type: *f.Type.Elem}, c, c.depth+1)
	case schemas.Map:
		c.element = newColumn(schemas.Field{Type: *f.Type.Elem}, c, c.depth+1)
		c.mapKey = newColumn(schemas.Field{Type: schemas.Of(schemas.String)}, c, c.depth+1)
	case schemas.Struct:
		c.members = newObject(f.Type.Fields, c, c.depth)
	}
}

// layout says how values of t are read and how many bytes one, or its offset, takes; 0 for bits and structs.
func layout(t schemas.Type) (operation, int) {
	switch t.Kind {
	case schemas.Bool:
		return readBool, 0
	case schemas.Int8, schemas.Uint8:
		return readInteger, 1
	case schemas.Int16, schemas.Uint16:
		return readInteger, 2
	case schemas.Int32, schemas.Uint32:
		return readInteger, 4
	case schemas.Int64:
		return readInt64, 8
	case schemas.Uint64:
		return readInteger, 8
	case schemas.Float:
		return readFloat, 4
	case schemas.Double:
		return readDouble, 8
	case schemas.Decimal:
		return readDecimal, 16
	case schemas.String:
		return readText, 4
	case schemas.Binary:
		return readBinary, 4
	case schemas.Fixed:
		return readFixed, t.Size
	case schemas.Date:
		return readDate, 4
	case schemas.Time:
		return readTime, 8
	case schemas.Timestamp:
		return readTimestamp, 8
	case schemas.TimestampNS, schemas.LocalTimestamp:
		return readInstant, 8
	case schemas.UUID:
		return readUUID, 16
	case schemas.JSON:
		return readJSON, 4
	case schemas.List:
		return readList, 4
	case schemas.Map:
		return readMap, 4
	case schemas.Struct:
		return readStruct, 0
	default:
		return skipValue, 0
	}
}

// bounds are the least and the greatest value of an integer kind.
func bounds(k schemas.Kind) (int64, uint64) {
	switch k {
	case schemas.Int8:
		return math.MinInt8, math.MaxInt8
	case schemas.Int16:
		return math.MinInt16, math.MaxInt16
	case schemas.Int32:
		return math.MinInt32, math.MaxInt32
	case schemas.Int64:
		return math.MinInt64, math.MaxInt64
	case schemas.Uint8:
		return 0, math.MaxUint8
	case schemas.Uint16:
		return 0, math.MaxUint16
	case schemas.Uint32:
		return 0, math.MaxUint32
	default:
		return 0, math.MaxUint64
	}
}

// offsets reports whether c's values are offsets: into text or into its elements.
func (c *column) offsets() bool {
	switch c.read {
	case readText, readBinary, readJSON, readList, readMap:
		return true
	default:
		return false
	}
}

func (c *column) offset(i int) int { return int(*(*int32)(at(c.values, 4*i))) }

// end closes value i of text or of a list.
func (c *column) end(i, offset int) { *(*int32)(at(c.values, 4*i+4)) = int32(offset) }
