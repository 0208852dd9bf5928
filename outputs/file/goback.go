package file

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/iggy-flow/iggy-flow/engine"
)

// Rewinds implements engine.Rewinder. What a lost checkpoint added is behind the length that the one before it holds, and
// is cut off; a file of a pattern that it made visible gets its name again from the same rows, and is replaced. What is no
// regular file takes nothing back.
func (o *output) Rewinds() bool { return !special(o.config.Path.Value) }

// bringBack makes the hidden file again where the lost checkpoint was the final one and its commit has renamed it: the
// rows that the state holds are its first bytes. Nothing but a commit removes a hidden file.
func (o *output) bringBack(hidden string) (err error) {
	if o.start.Lost == 0 || o.mode != renamed || o.state.Length == 0 {
		return nil
	}
	if _, err := os.Lstat(hidden); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	from, err := os.Open(o.path)
	if errors.Is(err, fs.ErrNotExist) {
		return engine.Permanent(fmt.Errorf("%s is gone, and %s is not there either; start with --fresh to write everything again", hidden, o.path))
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	// Under a name of its own until it is whole: a crash in between must not leave a hidden file that is too short.
	part := hidden + ".part"
	to, err := os.Create(part)
	if err != nil {
		return err
	}
	_, err = io.CopyN(to, from, o.state.Length)
	if errors.Is(err, io.EOF) {
		err = engine.Permanent(fmt.Errorf("%s is shorter than the %d bytes that the state says were written: it was changed by someone else", o.path, o.state.Length))
	}
	if err = errors.Join(err, to.Sync(), to.Close()); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return os.Rename(part, hidden)
}
