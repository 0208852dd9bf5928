package engine

import "time"

// Original is an input record as it came, for the dead letter.
type Original struct {
	Raw  []byte // its bytes; nil where the input reads none
	Cut  bool   // Raw is only the record's beginning: the record is larger than the input takes
	Meta []byte // a JSON object of what the input knows of it; nil where that is nothing

	// What a dead letter said of a record that is replayed from it. The zero values are those of a record that came first.
	Split    string
	Ordinal  int64
	Attempts int
	Since    time.Time // of the first attempt
}

// Originals finds the records that the rows of a batch come from. All batches that are made of one share it. It is
// reference counted and safe for concurrent use.
type Originals interface {
	Retain()
	Release()

	// Bytes is the memory that it keeps alive.
	Bytes() int64

	// Original returns the record ordinal of split. It is false where that is none of these; its slices are valid until
	// the caller's reference is released.
	Original(split string, ordinal int64) (Original, bool)
}
