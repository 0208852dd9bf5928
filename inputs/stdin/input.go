package stdin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/engine/scanner"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// split is the only one of this input.
const split = "stdin"

// The waits of a reader that must not keep a checkpoint, or a person, waiting.
const (
	idle       = 50 * time.Millisecond // behind which a batch that is not full is handed on
	sampleTime = time.Second           // that records are held for inference, behind the first
	chunkSize  = 256 << 10
	chunks     = 2 // one that is filled while the other is decoded
)

// The sample that inference looks at.
const sampleBytes = 8 << 20

// chunk is what one read returned.
type chunk struct {
	data []byte
	err  error
}

// input reads in a goroutine of its own, since a pipe blocks for as long as it likes.
type input struct {
	env     engine.Env
	source  io.Reader
	scanner *scanner.Scanner

	chunks chan chunk
	free   chan []byte
	stop   chan struct{}
	held   []chunk // read for the sample and not yet decoded
	began  bool
	taken  atomic.Int64
}

var (
	_ engine.Input        = (*input)(nil)
	_ engine.Sampler      = (*input)(nil)
	_ engine.SchemaSetter = (*input)(nil)
	_ engine.Progress     = (*input)(nil)
)

func newInput(c Config, env engine.Env) (engine.Input, error) {
	return newReader(c, env, os.Stdin), nil
}

func newReader(c Config, env engine.Env, from io.Reader) *input {
	return &input{
		env: env, source: from, scanner: scanner.New(env, int(c.MaxRecord), nil),
		chunks: make(chan chunk), free: make(chan []byte, chunks), stop: make(chan struct{}),
	}
}

// UseSchema implements engine.SchemaSetter.
func (in *input) UseSchema(s *schemas.Schema) { in.scanner.UseSchema(s) }

// begin starts the reading goroutine. It ends with its source, or with the first chunk behind Close; a read that never
// returns keeps it until the process ends, since nothing can interrupt one of a terminal or pipe.
func (in *input) begin() {
	if in.began {
		return
	}
	in.began = true
	for range chunks {
		in.free <- make([]byte, chunkSize)
	}
	go func() {
		for {
			select {
			case buf := <-in.free:
				n, err := in.source.Read(buf)
				select {
				case in.chunks <- chunk{buf[:n], err}:
				case <-in.stop:
					return
				}
				if err != nil {
					return
				}
			case <-in.stop:
				return
			}
		}
	}()
}

// Sample implements engine.Sampler: it holds what comes first until the sample is large or old enough.
func (in *input) Sample(ctx context.Context, atRest bool) (*schemas.Schema, error) {
	if atRest {
		return nil, nil // a look would take records away
	}
	in.begin()
	var sample []byte
	var deadline <-chan time.Time
	last := false
	for !last && len(sample) < sampleBytes {
		select {
		case c := <-in.chunks:
			if deadline == nil {
				deadline = time.After(sampleTime)
			}
			last = c.err != nil
			sample = append(sample, c.data...)
			in.held = append(in.held, chunk{append([]byte(nil), c.data...), c.err})
			in.free <- c.data[:cap(c.data)]
			continue
		case <-deadline:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		break
	}
	return scanner.Infer(in.env, sample, last, codec.SampleLimits{})
}

// Open implements engine.Input.
func (in *input) Open(_ context.Context, _ engine.Positions) error {
	in.begin()
	return in.scanner.Begin(split, 0, 0, nil, nil)
}

// Read implements engine.Input.
func (in *input) Read(ctx context.Context, out *engine.Out) error {
	wait := time.NewTimer(idle)
	defer wait.Stop()
	for {
		flush, err := in.scanner.Decode()
		if err != nil {
			return engine.Permanent(fmt.Errorf("standard input, byte %d: %w", in.scanner.Offset(), err))
		}
		if flush {
			if err := in.scanner.Flush(ctx, out); err != nil {
				return err
			}
			if in.scanner.Ended() {
				return io.EOF
			}
			return nil
		}
		if len(in.held) > 0 {
			c := in.held[0]
			in.held = in.held[1:]
			if err := in.take(c); err != nil {
				return err
			}
			continue
		}
		select {
		case c := <-in.chunks:
			err := in.take(c)
			in.free <- c.data[:cap(c.data)]
			if err != nil {
				return err
			}
		case <-wait.C:
			return in.scanner.Flush(ctx, out)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (in *input) take(c chunk) error {
	in.scanner.Append(c.data)
	in.taken.Add(int64(len(c.data)))
	if errors.Is(c.err, io.EOF) {
		in.scanner.End()
		return nil
	}
	if c.err != nil {
		return fmt.Errorf("read standard input: %w", c.err)
	}
	return nil
}

// Positions implements engine.Input.
func (in *input) Positions() (engine.Positions, error) {
	return engine.Positions{split: {Ordinal: in.scanner.Ordinal()}}, nil
}

// Commit implements engine.Input.
func (in *input) Commit(context.Context, engine.Positions) error { return nil }

// Progress implements engine.Progress.
func (in *input) Progress() (done, total int64) { return in.taken.Load(), 0 }

// Close implements engine.Input.
func (in *input) Close(context.Context) error {
	close(in.stop)
	in.scanner.Release()
	return nil
}
