package letters

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/codec"
	jsoncodec "github.com/iggy-flow/iggy-flow/engine/codec/json"
	"github.com/iggy-flow/iggy-flow/engine/scanner"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// split is the only one of a replay: its letters are read in order, as one sequence of records.
const split = "replay"

// The size of what one Read takes, and of the largest record: what the first run took whole is not refused for its size.
const (
	readLetters = 4096
	readBytes   = 1 << 20
	maxRecord   = 1 << 30
)

// Input reads the records of dead letters, in the place of the input of the document that they come from.
type Input struct {
	replay   Replay
	plan     *engine.Plan
	pipeline string
	env      engine.Env
	choose   *chooser
	scanner  *scanner.Scanner
	origin   engine.Input // of the document
	fields   *schemas.Schema

	at     int // file
	from   int64
	reader *lineReader // of the file, at from; nil before it is read
	held   []*Letter   // of the records that are decoded but not yet emitted
	head   int64       // ordinal of the first
}

var (
	_ engine.Input        = (*Input)(nil)
	_ engine.Sampler      = (*Input)(nil)
	_ engine.SchemaSetter = (*Input)(nil)
	_ engine.MetaSetter   = (*Input)(nil)
	_ engine.Identified   = (*Input)(nil)
)

// StandIn puts an input for r in the place of the one of plan, whose document was called pipeline.
func StandIn(plan *engine.Plan, pipeline string, r Replay) (*Input, error) {
	in := &Input{replay: r, plan: plan, pipeline: pipeline, env: plan.Input.Env(), origin: plan.Input.Input}
	if err := plan.ReplaceInput(in); err != nil {
		return nil, err
	}
	if in.env.Format == nil {
		native := jsoncodec.Format()
		in.env.Format = &native
	}
	if in.env.Format.Refold == nil {
		return nil, fmt.Errorf("records of the format `%s` cannot be replayed one by one", in.env.Format.Name)
	}
	in.env.Keep = false // the letters have the bytes
	in.scanner = scanner.New(in.env, maxRecord, in.meta)
	var err error
	in.choose, err = newChooser(r, plan, pipeline)
	return in, err
}

// Count reads all letters and counts what becomes of them; the zero Reason is of those that are replayed.
func (in *Input) Count() (map[Reason]int, error) {
	counts := map[Reason]int{}
	for i, f := range in.replay.Files {
		err := f.Each(func(offset int64, l *Letter) error {
			_, why, err := in.choose.choose(i, offset, l)
			counts[why]++
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return counts, nil
}

// Identity implements engine.Identified.
func (in *Input) Identity() string {
	text := "dead letters"
	for _, f := range in.replay.Files {
		text += fmt.Sprintf(" %s (%.8s)", f.Path, f.SHA256)
	}
	return text
}

// Sample implements engine.Sampler: the columns are those that the document's own input would have, where it can still be
// looked at without taking records away, else those of the letters.
func (in *Input) Sample(ctx context.Context, atRest bool) (*schemas.Schema, error) {
	if s, ok := in.origin.(engine.Sampler); ok {
		if schema, err := s.Sample(ctx, true); err == nil && schema != nil && schema.Len() > 0 {
			return schema, nil
		}
	}
	var sample []byte
	enough := errors.New("enough")
	for i, f := range in.replay.Files {
		err := f.Each(func(offset int64, l *Letter) error {
			raw, why, err := in.choose.choose(i, offset, l)
			if err == nil && why == "" {
				sample = in.env.Format.Refold(sample, raw)
			}
			if len(sample) > readBytes {
				return enough
			}
			return err
		})
		if err != nil && !errors.Is(err, enough) {
			return nil, err
		}
	}
	return scanner.Infer(in.env, sample, true, codec.SampleLimits{})
}

// UseSchema implements engine.SchemaSetter.
func (in *Input) UseSchema(s *schemas.Schema) { in.scanner.UseSchema(s) }

// UseMeta implements engine.MetaSetter.
func (in *Input) UseMeta(fields *schemas.Schema) { in.fields = fields }

// position is the data of this input's engine.Position.
type position struct {
	File   int   `json:"file"`
	Offset int64 `json:"offset"`
}

// Open implements engine.Input. That the files still begin with what is replayed was checked when the replay was chosen.
func (in *Input) Open(_ context.Context, at engine.Positions) error {
	ordinal := int64(0)
	if p, ok := at[split]; ok {
		var stored position
		if err := json.Unmarshal(p.Data, &stored); err != nil {
			return fmt.Errorf("read the position in %s: %w", in.Identity(), err)
		}
		in.at, in.from, ordinal = stored.File, stored.Offset, p.Ordinal
	}
	return in.scanner.Begin(split, 0, ordinal, in.env.Format.RefoldState, nil)
}

// Read implements engine.Input: it takes some letters and emits all of their records.
func (in *Input) Read(ctx context.Context, out *engine.Out) error {
	if in.at == len(in.replay.Files) {
		return io.EOF
	}
	in.head, in.held = in.scanner.Ordinal(), in.held[:0]
	if err := in.take(); err != nil {
		return engine.Permanent(err)
	}
	inner := engine.NewOut(engine.Site{Path: in.env.Path}, &sink{in, out})
	for in.scanner.Pending() > 0 {
		if _, err := in.scanner.Decode(); err != nil {
			return engine.Permanent(fmt.Errorf("decode records %d to %d of the replay: %w", in.head, in.head+int64(len(in.held)), err))
		}
		before := in.scanner.Ordinal()
		if err := in.scanner.Flush(ctx, inner); err != nil {
			return err
		}
		if in.scanner.Ordinal() == before {
			break // what follows is no record, and counted below
		}
	}
	out.Count(engine.Taken, int(inner.Account().Count(engine.Taken)))
	if got := in.scanner.Ordinal() - in.head; got != int64(len(in.held)) {
		return engine.Permanent(fmt.Errorf("%d dead letters gave %d records: this is a bug in iggy-flow, please report it", len(in.held), got))
	}
	return nil
}

// take appends the records of the next letters of a file to what the scanner decodes.
func (in *Input) take() (err error) {
	f := in.replay.Files[in.at]
	if in.reader == nil {
		if in.reader, err = openLines(f.Path, in.from); err != nil {
			return err
		}
	}
	for size := 0; len(in.held) < readLetters && size < readBytes; {
		if in.from == f.Bytes {
			in.at, in.from = in.at+1, 0
			return in.close()
		}
		line, err := in.reader.next()
		if err != nil {
			return fmt.Errorf("%s has %d bytes less than when it was looked at: %w", f.Path, f.Bytes-in.from, err)
		}
		l, err := Parse(line)
		if err != nil {
			return fmt.Errorf("%s, byte %d: %w", f.Path, in.from, err)
		}
		raw, why, err := in.choose.choose(in.at, in.from, l)
		if err != nil {
			return err
		}
		in.from = in.reader.at
		if why != "" {
			continue
		}
		folded := in.env.Format.Refold(nil, raw)
		in.scanner.Append(folded)
		in.held = append(in.held, l)
		size += len(folded)
	}
	return nil
}

func (in *Input) close() error {
	if in.reader == nil {
		return nil
	}
	r := in.reader
	in.reader = nil
	return r.close()
}

// Positions implements engine.Input.
func (in *Input) Positions() (engine.Positions, error) {
	data, err := json.Marshal(position{in.at, in.from})
	if err != nil {
		return nil, fmt.Errorf("encode the position: %w", err)
	}
	return engine.Positions{split: {Ordinal: in.scanner.Ordinal(), Data: data}}, nil
}

// Commit implements engine.Input: files keep no positions of their own.
func (in *Input) Commit(context.Context, engine.Positions) error { return nil }

// Close implements engine.Input. The document's own input was never opened.
func (in *Input) Close(context.Context) error {
	in.scanner.Release()
	return in.close()
}
