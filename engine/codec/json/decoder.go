package json

import (
	"errors"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/schemas"
)

var _ codec.Decoder = (*decoder)(nil)

// Bounds on what options may ask for: offsets have 32 bits, and every level of nesting is a call.
const (
	maxBatchBytes = 1 << 30
	maxFrameBytes = 1 << 29
	maxLevels     = 10_000
)

// decoder is driven by the schema: it writes the values of each record straight into the buffers of the columns.
type decoder struct {
	options codec.DecodeOptions
	schema  *schemas.Schema
	arrow   *arrow.Schema // of schema
	root    *object
	row     int // rows of this batch so far
	rows    int // for how many the columns have room; 0 before the first row
	lastRow int // rows of the batch before

	frames         int
	failed         []codec.Failure
	failBytes      int
	unknowns       int64
	unknownsBefore int64 // up to the last row
	full           bool
	unsized        int // bytes taken since the batch was last sized

	framing
	newlines bool           // a line end is white space: inside an array
	unique   bool           // a key that occurs twice in what is skipped is a failure, too
	sample   *schemas.Shape // what is seen goes there and not into columns

	record     uint64 // counts the records
	generation uint64 // of the object that is being read; each one has its own
	strangers  map[strangerKey]struct{}
	added      []*column // by the record that is being read
	scratch    text
	decoded    []byte
	tail       []byte // the last frame of a split that ends without a line end
	trouble    trouble
}

// newDecoder returns a decoder of JSON in the columns of o.Schema.
func newDecoder(o codec.DecodeOptions) (codec.Decoder, error) {
	if err := check(o.Schema); err != nil {
		return nil, err
	}
	o = o.Defaults()
	o.MaxBytes, o.MaxFrame, o.MaxDepth = min(o.MaxBytes, maxBatchBytes), min(o.MaxFrame, maxFrameBytes), min(o.MaxDepth, maxLevels)
	return &decoder{
		options:   o,
		schema:    o.Schema,
		root:      newObject(o.Schema.Fields(), nil, 1),
		strangers: map[strangerKey]struct{}{},
	}, nil
}

// check refuses schemas that no batch carries.
func check(s *schemas.Schema) error {
	for _, f := range s.Fields() {
		if !known(f.Type) {
			return fmt.Errorf("column %q has the type %s; declare another one", f.Name, f.Type)
		}
	}
	if s.Open() {
		return errors.New("the columns are not all known; declare or infer them")
	}
	return nil
}

// known reports whether t and its parts are types that have values.
func known(t schemas.Type) bool {
	if t.Elem != nil {
		return known(*t.Elem)
	}
	return t.Kind > schemas.Null && !slices.ContainsFunc(t.Fields, func(f schemas.Field) bool { return !known(f.Type) })
}

// Held implements codec.Decoder.
func (d *decoder) Held() (frames int, full bool) { return d.frames, d.full }

// readRecord reads the object at p as the next row and returns what follows it; nil leaves the row to reject.
func (d *decoder) readRecord(p pointer) pointer {
	d.record++
	if d.sample != nil {
		return d.observeRecord(p)
	}
	if d.row == d.rows {
		d.grow()
	}
	return d.object(d.root, d.row, p)
}

// grow makes room for more rows: as many as the batch before had, then twice as many.
func (d *decoder) grow() {
	if d.rows > 0 {
		d.rows = min(2*d.rows, d.options.MaxRows)
		for _, c := range d.root.columns {
			c.reserve(d.rows)
		}
		return
	}
	d.rows = min(max(d.lastRow, firstRows), d.options.MaxRows)
	for _, c := range d.root.columns {
		c.begin(&d.options, d.rows)
	}
}

// firstRows is for how many rows the first batch of a decoder makes room, and the least for which any does.
const firstRows = 256

// accept counts the frame of size bytes as a row.
func (d *decoder) accept(size int) {
	d.frames++
	d.row++
	d.unknownsBefore = d.unknowns
	if len(d.strangers) > 0 {
		clear(d.strangers)
	}
	d.added = d.added[:0]
	d.unsized += size
	if d.row == d.options.MaxRows {
		d.full = true
	} else if d.unsized >= sizeEvery {
		d.measure()
	}
}

// sizeEvery is after how many bytes of input the batch is sized.
const sizeEvery = 32 << 10

func (d *decoder) measure() {
	d.unsized = 0
	size := d.failBytes
	for _, c := range d.root.columns {
		if d.rows > 0 {
			size += c.size(d.row)
		}
	}
	d.full = d.full || size >= d.options.MaxBytes
}

// reject makes the frame a failure, for the reason in d.trouble, and leaves no trace of it in the columns.
func (d *decoder) reject(frame []byte) {
	failure := d.explain(frame)
	failure.Frame = d.frames
	failure.Raw = append([]byte(nil), frame[:min(len(frame), maxRaw, d.options.MaxFrame)]...)
	failure.Cut = len(failure.Raw) < len(frame) || len(frame) > d.options.MaxFrame
	d.failed = append(d.failed, failure)
	d.failBytes += len(failure.Raw) + failureOverhead
	d.frames++
	d.unknowns = d.unknownsBefore
	d.rollback()
	d.unsized += min(len(frame), d.options.MaxFrame)
	if d.unsized >= sizeEvery || d.failBytes >= d.options.MaxBytes {
		d.measure()
	}
}

const (
	maxRaw          = 64 << 10 // bytes of a failed frame that are kept
	failureOverhead = 256      // about what a failure takes beside its bytes
)

// rollback takes back what the unfinished row wrote, the columns that it added included.
func (d *decoder) rollback() {
	clear(d.strangers)
	if d.rows == 0 {
		return
	}
	for _, c := range d.added {
		d.withdraw(c)
	}
	if d.root.learnt > maxLearnt {
		d.root.forget()
	}
	d.added = d.added[:0]
	for _, c := range d.root.columns {
		c.truncate(d.row, d.row+1)
	}
}
