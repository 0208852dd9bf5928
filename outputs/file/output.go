package file

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/internal/durable"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// mode is how an output keeps its promise.
type mode uint8

const (
	renamed mode = iota // a hidden file, renamed when the input has ended
	inPlace             // written where readers see it, cut on recovery
	perFile             // a hidden file for each epoch, renamed at its commit
	direct              // no regular file: what is written is written
)

// state is what the next process needs; it is in every checkpoint.
type state struct {
	Length int64    `json:"length"`          // of the file that is being written, behind the last epoch
	Number int64    `json:"number"`          // of the last file of a pattern
	Files  []string `json:"files,omitempty"` // of a pattern: what this run has made, for the run that replaces it
	Hidden string   `json:"hidden,omitempty"`

	Replace  []string `json:"replace,omitempty"`  // files of the runs before that the first commit removes
	Leftover []string `json:"leftover,omitempty"` // hidden files of runs that were given up for this one
}

// pending is the content of a committable: a hidden file that is whole and durable, and what it becomes.
type pending struct {
	From    string   `json:"from"`
	To      string   `json:"to"`
	Length  int64    `json:"length"`
	Replace []string `json:"replace,omitempty"` // files of the run before, removed first
}

type output struct {
	config  Config
	env     engine.Env
	path    string // with {replica} filled in
	mode    mode
	start   engine.Start
	encoder codec.Encoder

	state     state
	completed bool    // the fixed path's file is closed and about to be renamed
	writer    *writer // nil where no row of the epoch was written yet
	target    string  // what writer's file will be called
	begun     bool    // what stands before the first row is in the file
	rows      int64   // written since the last barrier
	buf       []byte

	mu        sync.Mutex
	shown     string // the path, for people
	delivered int64
}

var (
	_ engine.TransactionalOutput = (*output)(nil)
	_ engine.Initial             = (*output)(nil)
	_ engine.Reporter            = (*output)(nil)
	_ engine.Rewinder            = (*output)(nil)
	_ engine.Guaranteed          = (*output)(nil)
)

func newOutput(c Config, env engine.Env) (engine.Output, error) {
	return &output{config: c, env: env, path: c.Path.Value, shown: c.Path.Written}, nil
}

// Guarantee implements engine.Guaranteed: what is no regular file cannot be cut or renamed.
func (o *output) Guarantee() engine.Guarantee {
	if special(o.config.Path.Value) {
		return engine.AppendOnly
	}
	return engine.Transactional
}

// special reports whether path exists and is no regular file.
func special(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.Mode().IsRegular()
}

// Bind implements engine.Output.
func (o *output) Bind(in engine.Shape) source.Diagnostics {
	if in.Columns.Open() || slices.ContainsFunc(in.Columns.Fields(), func(f schemas.Field) bool { return f.Type.Kind == schemas.Unknown }) {
		return nil // lint alone binds to these
	}
	encoder, err := o.env.Format.NewEncoder(in.Columns)
	if err != nil {
		return source.Diagnostics{{Code: "file-format", Range: o.env.Node.Range, Found: err.Error()}}
	}
	o.encoder = encoder
	return nil
}

// Open implements engine.Output.
func (o *output) Open(_ context.Context, start engine.Start) error {
	o.start = start
	o.path = strings.ReplaceAll(o.config.Path.Value, "{replica}", start.Replica)
	if start.Addition != "" && !special(o.path) {
		o.path = beside(o.path, start.Addition)
		o.mu.Lock()
		o.shown = beside(o.shown, start.Addition)
		o.mu.Unlock()
	}
	switch {
	case special(o.path):
		o.mode = direct
	case many(o.path):
		o.mode = perFile
	case o.appends() || !start.Bounded:
		o.mode = inPlace
	}
	if err := durable.MakeFolders(filepath.Dir(o.path), 0o755); err != nil {
		return fmt.Errorf("create the folder of %s: %w", o.path, err)
	}
	if start.State != nil {
		if err := json.Unmarshal(start.State, &o.state); err != nil {
			return fmt.Errorf("read the state of %s: %w", o.path, err)
		}
		o.begun = o.state.Length > 0
		return nil
	}
	return o.anew()
}

// anew prepares the first epoch of a run by what if_exists says.
func (o *output) anew() error {
	var before state
	if o.start.Previous != nil {
		if err := json.Unmarshal(o.start.Previous, &before); err != nil {
			return fmt.Errorf("read the last run's state of %s: %w", o.path, err)
		}
	}
	// A hidden file of a run that was given up may still be committed when Open returns: it is garbage at the first barrier.
	o.state.Leftover = before.Leftover
	if before.Hidden != "" {
		o.state.Leftover = append(o.state.Leftover, before.Hidden)
	}
	if err := o.checkExists(before); err != nil {
		return err
	}
	switch o.mode {
	case renamed:
		o.state.Hidden = hidden(o.path, o.start.Run, o.start.Generation, 0)
	case perFile:
		// Files that no state knows of, since it is gone or elsewhere, are files all the same: none is written over.
		_, highest, err := existing(o.path)
		if err != nil {
			return fmt.Errorf("look for files of %s: %w", o.path, err)
		}
		if len(before.Files) == 0 {
			o.state.Number = highest
		}
		if o.appends() {
			o.state.Number, o.state.Files = max(before.Number, highest), before.Files
		} else {
			o.state.Replace = append(before.Replace, before.Files...)
		}
	case inPlace:
		if info, err := os.Stat(o.path); err == nil && o.appends() {
			o.state.Length = info.Size()
			if o.start.Shared {
				err = o.loadLength()
			}
			o.begun = o.state.Length > 0
			return err
		}
	}
	return nil
}

// appends reports whether what is there stays. Behind shared splits it always does: a start is no new run.
func (o *output) appends() bool { return o.config.IfExists == "append" || o.start.Shared }

func (o *output) checkExists(before state) error {
	if o.config.IfExists != "fail" || o.mode == direct || o.start.Shared {
		return nil
	}
	there := before.Files
	if o.mode == perFile {
		found, _, err := existing(o.path)
		if err != nil {
			return fmt.Errorf("look for files of %s: %w", o.path, err)
		}
		there = found
	} else if _, err := os.Lstat(o.path); err == nil {
		there = []string{o.path}
	}
	if len(there) == 0 {
		return nil
	}
	return engine.Permanent(fmt.Errorf("%s: %s is there already, and if_exists is fail; move it away, or write `if_exists: replace` or `append`", o.config.Path.Range, there[0]))
}

// open opens the one file of a fixed path and cuts off what lies behind the last epoch. It waits for the first row or
// barrier: until then the start may still be refused, or go back to the checkpoint before.
func (o *output) open() (err error) {
	if o.writer != nil || o.mode == perFile {
		return nil
	}
	if o.completed {
		return fmt.Errorf("%s has been renamed already: rows behind the end of the input are a bug in iggy-flow", o.path)
	}
	path := o.path
	if o.mode == renamed {
		path = o.state.Hidden
	}
	o.target = o.path
	if err := o.bringBack(path); err != nil {
		return fmt.Errorf("go on from the checkpoint before the lost one: %w", err)
	}
	if o.writer, err = openWriter(path, packing(o.path, o.config.Compression), o.state.Length); err != nil {
		return fmt.Errorf("open the output file: %w", err)
	}
	if o.start.Shared && o.writer.regular {
		return o.writer.alone()
	}
	return nil
}

// Initial implements engine.Initial.
func (o *output) Initial() []byte {
	data, err := json.Marshal(o.state)
	if err != nil {
		panic(err) // plain values
	}
	return data
}

// Write implements engine.Output. It takes b.
func (o *output) Write(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	defer b.Release()
	if err := o.ready(); err != nil {
		return err
	}
	var failed []codec.RowFailure
	o.buf, failed = o.encoder.Encode(o.buf, b.Columns)
	if err := out.Reject(ctx, b, rejections(failed)); err != nil {
		return err
	}
	rows := b.Len() - len(failed)
	out.Count(engine.Delivered, rows)
	o.rows += int64(rows)
	o.mu.Lock()
	o.delivered += int64(rows)
	o.mu.Unlock()
	if len(o.buf) >= writeSize || o.mode == direct {
		return o.spill()
	}
	return nil
}

// rejections turns rows that the codec cannot write into rejections.
func rejections(failed []codec.RowFailure) []engine.Rejection {
	rows := make([]engine.Rejection, len(failed))
	for i, f := range failed {
		rows[i] = engine.Rejection{Row: f.Row, Code: f.Code, Message: f.Message}
	}
	return rows
}

// ready opens the next file of a pattern and writes what stands before the first row.
func (o *output) ready() error {
	if err := o.open(); err != nil {
		return err
	}
	if o.writer == nil {
		o.state.Number++
		o.target, o.begun = expand(o.path, o.state.Number), false
		w, err := openWriter(hidden(o.target, o.start.Run, o.start.Generation, o.state.Number), packing(o.target, o.config.Compression), 0)
		if err != nil {
			return fmt.Errorf("open the output file: %w", err)
		}
		o.writer = w
	}
	if !o.begun {
		o.buf, o.begun = o.encoder.Begin(o.buf), true
	}
	return nil
}

func (o *output) spill() error {
	if err := o.writer.write(o.buf); err != nil {
		return fmt.Errorf("write %s: %w", o.target, err)
	}
	o.buf = o.buf[:0]
	return nil
}

// Report implements engine.Reporter.
func (o *output) Report() []engine.TargetRows {
	o.mu.Lock()
	defer o.mu.Unlock()
	return []engine.TargetRows{{Target: o.shown, Rows: o.delivered}}
}

// Flush implements engine.Output; the engine calls Prepare instead.
func (o *output) Flush(context.Context, *engine.Out) error { return nil }

// Close implements engine.Output. A hidden file stays: the next start goes on in it.
func (o *output) Close(context.Context) error {
	if o.writer == nil {
		return nil
	}
	return o.writer.close()
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove what an earlier run left: %w", err)
	}
	return nil
}
