package file

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/engine/scanner"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// split is the only one of this input: its files are read in order, as one sequence of records.
const split = "file"

// input reads the files of a listing one after the other.
type input struct {
	config  Config
	env     engine.Env
	scanner *scanner.Scanner
	meta    meta

	files   []string // sorted listing
	at      int      // index of the current file; len(files) behind the last one
	current *opened  // nil between files
	head    []byte   // first bytes of the current file, at most headSize

	done, total atomic.Int64 // bytes on disk
}

var (
	_ engine.Input        = (*input)(nil)
	_ engine.Sampler      = (*input)(nil)
	_ engine.SchemaSetter = (*input)(nil)
	_ engine.MetaSetter   = (*input)(nil)
	_ engine.Identified   = (*input)(nil)
	_ engine.Progress     = (*input)(nil)
)

func newInput(c Config, env engine.Env) (engine.Input, error) {
	in := &input{config: c, env: env}
	in.meta.mem = env.Mem
	in.scanner = scanner.New(env, int(c.MaxRecord), in.meta.build)
	return in, nil
}

// Identity implements engine.Identified.
func (in *input) Identity() string {
	paths := make([]string, len(in.config.Paths))
	for i, p := range in.config.Paths {
		paths[i] = p.Value
	}
	return "files " + strings.Join(paths, ", ")
}

// UseSchema implements engine.SchemaSetter.
func (in *input) UseSchema(s *schemas.Schema) { in.scanner.UseSchema(s) }

// UseMeta implements engine.MetaSetter.
func (in *input) UseMeta(fields *schemas.Schema) { in.meta.fields = fields }

// sampleBytes is how much of the first file with a record is looked at to infer its schema.
const sampleBytes = 8 << 20

// Sample implements engine.Sampler.
func (in *input) Sample(_ context.Context, atRest bool) (*schemas.Schema, error) {
	files, err := list(in.config.Paths)
	if err != nil {
		if atRest {
			return nil, nil // run says it; lint may stand on another machine
		}
		return nil, err
	}
	for _, path := range files {
		s, err := in.sampleFile(path)
		if err != nil {
			if atRest {
				return nil, nil
			}
			return nil, err
		}
		if s != nil && s.Len() > 0 {
			return s, nil
		}
	}
	return nil, nil
}

func (in *input) sampleFile(path string) (_ *schemas.Schema, err error) {
	f, err := open(path, in.config.Compression)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sample, err := io.ReadAll(io.LimitReader(f, sampleBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	last := len(sample) <= sampleBytes
	return scanner.Infer(in.env, sample[:min(len(sample), sampleBytes)], last, codec.SampleLimits{})
}

// Open implements engine.Input.
func (in *input) Open(_ context.Context, at engine.Positions) (err error) {
	if in.files, err = list(in.config.Paths); err != nil {
		return err
	}
	for _, path := range in.files {
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("look at %s: %w", path, err)
		}
		in.total.Add(info.Size())
	}
	p, ok := at[split]
	if !ok {
		return in.next(0, 0)
	}
	var stored position
	if err := json.Unmarshal(p.Data, &stored); err != nil {
		return fmt.Errorf("read the position in %s: %w", in.Identity(), err)
	}
	return in.resume(stored, p)
}

// next begins file i at record ordinal.
func (in *input) next(i int, ordinal int64) error {
	in.at, in.head = i, in.head[:0]
	if i == len(in.files) {
		return nil
	}
	f, err := open(in.files[i], in.config.Compression)
	if err != nil {
		return err
	}
	in.current = f
	in.enter(in.files[i])
	return in.scanner.Begin(split, 0, ordinal, nil, nil)
}

// enter makes path the file that meta names.
func (in *input) enter(path string) {
	in.meta.path = path
	in.scanner.Describe(describe(path))
}

// Read implements engine.Input: it reads until one batch is full, or the file ends.
func (in *input) Read(ctx context.Context, out *engine.Out) error {
	if in.at == len(in.files) {
		return io.EOF
	}
	for {
		flush, err := in.scanner.Decode()
		if err != nil {
			return engine.Permanent(fmt.Errorf("%s, byte %d: %w", in.files[in.at], in.scanner.Offset(), err))
		}
		if flush {
			if err := in.scanner.Flush(ctx, out); err != nil {
				return err
			}
			if in.scanner.Ended() {
				return in.finish()
			}
			return nil
		}
		before := in.current.taken()
		if err := in.fill(); err != nil {
			return err
		}
		in.done.Add(in.current.taken() - before)
	}
}

// fill reads a chunk, and keeps the file's first bytes for its fingerprint.
func (in *input) fill() error {
	pending := in.scanner.Pending()
	n, err := in.scanner.Fill(in.current)
	if err != nil {
		return fmt.Errorf("read %s: %w", in.files[in.at], err)
	}
	if room := headSize - len(in.head); room > 0 {
		fresh := in.scanner.Tail(in.scanner.Pending() - pending)
		in.head = append(in.head, fresh[:min(room, n)]...)
	}
	return nil
}

// finish closes the current file and begins the next one.
func (in *input) finish() error {
	path, f := in.files[in.at], in.current
	in.current = nil
	if err := f.Close(); err != nil {
		return fmt.Errorf("close %s: %w", path, err)
	}
	return in.next(in.at+1, in.scanner.Ordinal())
}

// Commit implements engine.Input: files keep no positions of their own.
func (in *input) Commit(context.Context, engine.Positions) error { return nil }

// Progress implements engine.Progress.
func (in *input) Progress() (done, total int64) { return in.done.Load(), in.total.Load() }

// Close implements engine.Input.
func (in *input) Close(context.Context) error {
	in.scanner.Release()
	if in.current == nil {
		return nil
	}
	return in.current.Close()
}
