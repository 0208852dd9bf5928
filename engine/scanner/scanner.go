package scanner

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// The sizes of a scanner's buffer. A chunk is large enough that a system call costs nothing beside decoding it, and small
// enough to stay in the cache until it is decoded.
const (
	chunkSize = 256 << 10
	History   = 4 << 10 // bytes before the position that stay readable
)

// Scanner reads the bytes of one split at a time. It is used by one goroutine.
type Scanner struct {
	env     engine.Env
	options codec.DecodeOptions
	meta    func(origin engine.Origin, rows int) arrow.RecordBatch

	split   string
	decoder codec.Decoder
	ordinal int64 // of the next frame
	offset  int64 // of buf[start] in the split's bytes
	ended   bool  // no byte follows buf[end]

	kept             *keeper // nil where nobody wants the records' bytes
	buf              []byte  // with codec.Padding bytes behind end; where they are kept, the keeper's
	back, start, end int     // buf[back:start] is history, buf[start:end] is not decoded yet
}

// New returns a scanner for the format and schema rules of env. meta builds the meta fields of a batch, owned by the
// caller; nil builds none. maxFrame is the largest record; 0 takes the codec's default.
func New(env engine.Env, maxFrame int, meta func(engine.Origin, int) arrow.RecordBatch) *Scanner {
	s := &Scanner{env: env, meta: meta, options: codec.DecodeOptions{Mem: env.Mem, MaxFrame: maxFrame, Unknown: codec.KeepUnknown}}
	if d := env.Declared; d != nil {
		s.options.Unknown = map[string]codec.Unknown{"ignore": codec.IgnoreUnknown, "error": codec.RejectUnknown, "keep": codec.KeepUnknown}[d.Unknown]
	}
	s.options = s.options.Defaults()
	if env.Keep && env.Format.Frames != nil {
		s.kept = newKeeper(env.Mem)
	} else {
		s.buf = make([]byte, chunkSize+History+codec.Padding)
	}
	return s
}

// UseSchema sets the columns of what follows.
func (s *Scanner) UseSchema(schema *schemas.Schema) { s.options.Schema = schema }

// Begin starts a split, or goes on in one: at offset bytes and ordinal records, in the framing state that State returned
// there. History that is given is what stands before offset.
func (s *Scanner) Begin(split string, offset, ordinal int64, state, history []byte) error {
	decoder, err := s.env.Format.NewDecoder(s.options)
	if err != nil {
		return err
	}
	if err := decoder.Restore(state); err != nil {
		return fmt.Errorf("restore the framing state: %w", err)
	}
	s.decoder, s.split, s.offset, s.ordinal, s.ended = decoder, split, offset, ordinal, false
	if s.kept != nil {
		s.buf = s.kept.begin()
	}
	s.back, s.start = 0, copy(s.buf, history)
	s.end = s.start
	return nil
}

// Describe sets what gives the meta of a record for the dead letter, a JSON object, until the next call. It is called from
// other goroutines, for rejected records alone, also when the scanner is in another split.
func (s *Scanner) Describe(meta func(split string, ordinal int64) []byte) {
	if s.kept != nil {
		s.kept.meta = meta
	}
}

// Offset is where the first byte stands that is not decoded yet, Ordinal the number of the record that begins there.
func (s *Scanner) Offset() int64 { return s.offset }

// Ordinal is the number of the next record in the split.
func (s *Scanner) Ordinal() int64 { return s.ordinal }

// State is the framing state at Offset.
func (s *Scanner) State() []byte { return s.decoder.State() }

// Before returns the bytes before Offset, at most History of them; they are valid until the next call of Fill.
func (s *Scanner) Before() []byte { return s.buf[max(s.back, s.start-History):s.start] }

// Tail returns the last n bytes of what is pending; they are valid until the next call of Fill.
func (s *Scanner) Tail(n int) []byte { return s.buf[s.end-n : s.end] }

// Pending is how many bytes wait to be decoded.
func (s *Scanner) Pending() int { return s.end - s.start }

// Ended reports whether the split's end was read and everything before it decoded and flushed.
func (s *Scanner) Ended() bool {
	held, _ := s.decoder.Held()
	return s.ended && s.start == s.end && held == 0
}

// Fill reads once from r behind what is pending. At r's end it notes that no byte follows; the error is r's, but never
// io.EOF.
func (s *Scanner) Fill(r io.Reader) (n int, err error) {
	if s.kept != nil {
		s.room(s.kept.least())
	} else {
		s.room(chunkSize)
	}
	n, err = r.Read(s.buf[s.end : len(s.buf)-codec.Padding])
	s.end += n
	if errors.Is(err, io.EOF) {
		s.ended, err = true, nil
	}
	return n, err
}

// Append adds bytes behind what is pending.
func (s *Scanner) Append(data []byte) {
	s.room(len(data))
	s.end += copy(s.buf[s.end:], data)
}

// End notes that no byte follows what is pending.
func (s *Scanner) End() { s.ended = true }

// room makes place for n bytes behind end: it moves what is needed to the front, and doubles the buffer while a record is
// larger than it. A decoder takes even a record beyond its limit, so the buffer stays within twice that limit.
func (s *Scanner) room(n int) {
	if len(s.buf)-codec.Padding-s.end >= n {
		return
	}
	keep := max(s.back, s.start-History)
	size := s.end - keep
	switch fits := len(s.buf)-codec.Padding-size >= n; {
	case s.kept != nil:
		s.buf = s.kept.turn(s.buf[keep:s.end], n+codec.Padding)
	case fits:
		copy(s.buf, s.buf[keep:s.end])
	default:
		target := make([]byte, max(2*len(s.buf), size+n+codec.Padding))
		copy(target, s.buf[keep:s.end])
		s.buf = target
	}
	s.back, s.start, s.end = 0, s.start-keep, size
}

// Decode takes the whole records that are pending, until the batch is full. It reports whether the batch should be
// flushed: because it is full, or because nothing follows.
func (s *Scanner) Decode() (flush bool, err error) {
	if s.kept != nil {
		s.kept.from(s.start, s.decoder)
	}
	n, err := s.decoder.Decode(s.buf[s.start:s.end:len(s.buf)], s.ended)
	s.start += n
	s.offset += int64(n)
	if err != nil {
		return false, err
	}
	_, full := s.decoder.Held()
	if s.kept != nil {
		full = s.kept.to(s.start) || full
	}
	return full || s.ended, nil
}

// Flush emits what was decoded and rejects what could not be.
func (s *Scanner) Flush(ctx context.Context, out *engine.Out) error {
	frames, _ := s.decoder.Held()
	if frames == 0 {
		s.kept.drop()
		return nil
	}
	rows := s.decoder.Flush()
	first := s.ordinal
	var kept *originals
	if s.kept != nil {
		kept = s.kept.take(s, first, rows.Frames)
		defer kept.Release()
	}
	s.ordinal += int64(rows.Frames)
	out.Count(engine.Taken, rows.Frames)
	if rows.Schema != nil {
		s.options.Schema = rows.Schema
	}
	skip := make([]int, len(rows.Failed))
	letters := make([]engine.RawRejection, len(rows.Failed))
	for i, f := range rows.Failed {
		skip[i] = f.Frame
		letters[i] = engine.RawRejection{Split: s.split, Ordinal: first + int64(f.Frame), Code: f.Code, Message: f.Message, Original: kept.failed(f, first)}
	}
	var batch *engine.Batch
	if rows.Record != nil {
		origin := engine.Records(s.split, first, rows.Frames, skip)
		var meta arrow.RecordBatch
		if s.meta != nil {
			meta = s.meta(origin, int(rows.Record.NumRows()))
		}
		batch = engine.NewBatch(rows.Schema, rows.Record, meta, origin)
		if kept != nil {
			kept.Retain()
			batch.Originals = kept
		}
	}
	if err := out.RejectRaw(ctx, letters); err != nil {
		if batch != nil {
			batch.Release()
		}
		return err
	}
	if batch == nil {
		return nil
	}
	return out.Emit(ctx, batch)
}

// Release gives back what an unfinished batch holds.
func (s *Scanner) Release() {
	if s.decoder == nil {
		return
	}
	if s.kept != nil {
		s.kept.close()
	}
	if rows := s.decoder.Flush(); rows.Record != nil {
		rows.Record.Release()
	}
}

// Infer returns the schema of sample, which begins a split; last says that it is all there is. It is nil when the sample
// holds no record.
func Infer(env engine.Env, sample []byte, last bool, limits codec.SampleLimits) (*schemas.Schema, error) {
	padded := make([]byte, len(sample), len(sample)+codec.Padding)
	copy(padded, sample)
	return env.Format.Infer(padded, last, limits)
}
