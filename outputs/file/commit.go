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

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/internal/durable"
	"github.com/iggy-flow/iggy-flow/internal/failpoint"
)

// Prepare implements engine.TransactionalOutput: what was written is on the disk when it returns. A crash before the
// checkpoint is stored leaves bytes behind the committed length, or a hidden file that nothing names: the first are cut
// off, the second is written anew under the same name.
func (o *output) Prepare(_ context.Context, barrier engine.Barrier, _ *engine.Out) (engine.Prepared, error) {
	for _, hidden := range o.state.Leftover {
		if err := remove(hidden); err != nil {
			return engine.Prepared{}, err
		}
	}
	o.state.Leftover = nil
	if !o.completed {
		if err := o.open(); err != nil {
			return engine.Prepared{}, err
		}
	}
	last := barrier.Final && o.mode == renamed || o.mode == perFile && o.rows > 0
	if o.writer != nil {
		if err := o.settle(last || barrier.Final); err != nil {
			return engine.Prepared{}, err
		}
	}
	var p engine.Prepared
	if last && o.writer != nil {
		c, err := o.complete(barrier.Epoch)
		if err != nil {
			return engine.Prepared{}, err
		}
		p.Committables = []engine.Committable{c}
	}
	o.rows = 0
	p.State = o.Initial()
	return p, nil
}

// settle makes the open file durable; with finish, what stands behind the last row is written first.
func (o *output) settle(finish bool) error {
	if finish {
		if !o.begun {
			o.buf, o.begun = o.encoder.Begin(o.buf), true
		}
		o.buf = o.encoder.Finish(o.buf)
	}
	if err := o.spill(); err != nil {
		return err
	}
	if err := o.writer.sync(); err != nil {
		return fmt.Errorf("make %s durable: %w", o.target, err)
	}
	o.state.Length = o.writer.length
	if o.start.Shared && o.mode == inPlace {
		if err := o.keepLength(); err != nil {
			return fmt.Errorf("note the length of %s: %w", o.target, err)
		}
	}
	return nil
}

// complete closes the hidden file and says what it becomes.
func (o *output) complete(epoch engine.Epoch) (engine.Committable, error) {
	p := pending{From: o.writer.file.Name(), To: o.target, Length: o.writer.length, Replace: o.state.Replace}
	if err := o.writer.close(); err != nil {
		return engine.Committable{}, fmt.Errorf("close %s: %w", o.target, err)
	}
	o.writer, o.state.Replace = nil, nil
	o.completed = o.mode == renamed
	if o.mode == perFile {
		o.state.Length = 0
		o.state.Files = append(slices.Clone(o.state.Files), o.target)
	}
	data, err := json.Marshal(p)
	if err != nil {
		return engine.Committable{}, fmt.Errorf("encode the commit of %s: %w", o.target, err)
	}
	// One target for all files of a pattern: their commits come in order, and only the first one removes what was there.
	return engine.Committable{Target: o.path, ID: engine.NewCommitID(), Epoch: epoch, Data: data}, nil
}

// Commit implements engine.TransactionalOutput: a rename, which a file system does whole or not at all. A crash before it
// leaves the hidden file, one behind it the visible one: both are found by the next Commit.
func (o *output) Commit(_ context.Context, cs []engine.Committable, _ engine.Positions) error {
	for _, c := range cs {
		p, err := read(c)
		if err != nil {
			return err
		}
		if _, err := os.Lstat(p.From); err == nil {
			// Not yet renamed, so none of these is a file of this run, whatever its name.
			for _, old := range p.Replace {
				if err := remove(old); err != nil {
					return err
				}
			}
		}
		err = os.Rename(p.From, p.To)
		if errors.Is(err, fs.ErrNotExist) {
			if !p.landed() {
				return engine.Permanent(fmt.Errorf("make %s visible: the hidden file %s is gone, and %s is not it: someone else removed or replaced one of them; "+
					"bring it back, or start with --fresh to write everything again", p.To, p.From, p.To))
			}
			err = nil // an earlier attempt won
		}
		if err != nil {
			return fmt.Errorf("make %s visible: %w", p.To, err)
		}
		if err := failpoint.Hit(failpoint.FileRenamed); err != nil {
			return err
		}
		if err := durable.SyncFolder(filepath.Dir(p.To)); err != nil {
			return fmt.Errorf("make the name of %s durable: %w", p.To, err)
		}
	}
	return nil
}

// Inspect implements engine.TransactionalOutput.
func (o *output) Inspect(_ context.Context, c engine.Committable) (engine.CommitState, error) {
	p, err := read(c)
	if err != nil {
		return engine.Missing, err
	}
	info, err := os.Stat(p.From)
	switch {
	case err == nil && info.Size() == p.Length:
		return engine.Ready, nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return engine.Missing, fmt.Errorf("look for %s: %w", p.From, err)
	case p.landed():
		return engine.Committed, nil
	default:
		return engine.Missing, nil
	}
}

// landed reports whether the visible file is the hidden one of before. Only its length is compared: the hidden file's
// name is of this run and epoch alone, and nothing but a commit removes it.
func (p pending) landed() bool {
	info, err := os.Stat(p.To)
	return err == nil && info.Size() == p.Length
}

func read(c engine.Committable) (p pending, err error) {
	if err := json.Unmarshal(c.Data, &p); err != nil {
		return p, engine.Permanent(fmt.Errorf("read the commit of %s: %w", c.Target, err))
	}
	return p, nil
}
