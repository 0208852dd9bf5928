package file

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/internal/durable"
)

// Behind shared splits there is no state store: how far a file that is written in place is whole stands in a hidden file
// beside it. A replica that comes back cuts off what lies behind, which is read again, and appends.

// beside is the name of the hidden file.
func (o *output) beside() string {
	dir, name := filepath.Split(o.path)
	return filepath.Join(dir, "."+name+".length")
}

// loadLength reads how much of the file is whole. A file without a note is taken as it is.
func (o *output) loadLength() error {
	data, err := os.ReadFile(o.beside())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the length of %s: %w", o.path, err)
	}
	var s state
	if err := json.Unmarshal(data, &s); err != nil {
		return engine.Permanent(fmt.Errorf("%s does not say how long %s is: %w; remove it to append to the file as it is", o.beside(), o.path, err))
	}
	o.state.Length = s.Length
	return nil
}

// keepLength notes how much of the file is whole, durably.
func (o *output) keepLength() error {
	data, err := json.Marshal(state{Length: o.state.Length})
	if err != nil {
		return err
	}
	part := o.beside() + ".part"
	f, err := os.Create(part)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(part, o.beside()); err != nil {
		return err
	}
	return durable.SyncFolder(filepath.Dir(o.path))
}

// alone refuses a file that another replica writes: {replica} gives each its own.
func (w *writer) alone() error {
	err := unix.Flock(int(w.file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return engine.Permanent(fmt.Errorf("another process writes %s; give each replica a file of its own with {replica} in the path and --replica", w.file.Name()))
	}
	return err
}
