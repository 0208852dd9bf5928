package ledger

import (
	"bufio"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"strconv"
	"strings"
)

// Record is one record of a producer.
type Record struct {
	Key  int64  `json:"key"`
	Seq  int64  `json:"seq"` // counts the records of Key from 0
	Note string `json:"note"`
	Sum  int64  `json:"sum"` // over the other fields
}

// NewRecord returns the record number seq of key. Its note has what codecs trip over, and a length that varies.
func NewRecord(key, seq int64) Record {
	r := Record{Key: key, Seq: seq, Note: "réc\t\"" + strconv.FormatInt(seq, 10) + "\" " + strings.Repeat("x", int(uint64(key*31+seq)%23))}
	r.Sum = r.sum()
	return r
}

func (r Record) sum() int64 {
	return int64(crc32.ChecksumIEEE(fmt.Appendf(nil, "%d/%d/%s", r.Key, r.Seq, r.Note)))
}

// JSON is the record as a line without its end. Of what a note holds, Go and JSON quote everything alike.
func (r Record) JSON() string {
	return fmt.Sprintf(`{"key":%d,"seq":%d,"note":%q,"sum":%d}`, r.Key, r.Seq, r.Note, r.Sum)
}

// Source says what a producer writes: Records records over Keys keys, in turns. Every Broken-th line is no JSON, and no
// record; 0 is none.
type Source struct {
	Records int64
	Keys    int64
	Broken  int64
}

// brokenLine is what a broken line holds.
const brokenLine = `{"key": oops}`

// Schema is the schema of a source's records, as a document declares it.
const Schema = "{fields: {key: {type: int64, required: true}, seq: {type: int64, required: true}, note: string, sum: int64}}"

// at returns record i; ok is false for a broken line.
func (s Source) at(i int64) (r Record, ok bool) {
	if s.Broken > 0 && i%s.Broken == s.Broken-1 {
		return Record{}, false
	}
	n := i
	if s.Broken > 0 {
		n -= i / s.Broken
	}
	return NewRecord(n%s.Keys, n/s.Keys), true
}

// BrokenLines is how many lines of the source are no record.
func (s Source) BrokenLines() int64 { return s.lines() - s.Records }

// lines is how many lines the source has, the broken ones included.
func (s Source) lines() int64 {
	if s.Broken == 0 {
		return s.Records
	}
	return s.Records + (s.Records-1)/(s.Broken-1)
}

// Write writes the source to a file.
func (s Source) Write(path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write the source: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	for i := range s.lines() {
		text := brokenLine
		if r, ok := s.at(i); ok {
			text = r.JSON()
		}
		_, _ = w.WriteString(text + "\n") // Flush reports it
	}
	return w.Flush()
}
