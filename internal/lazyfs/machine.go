package lazyfs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Machine is a folder that loses what was not synced when its power is cut. A process of its own serves it.
type Machine struct {
	Dir string

	server  *exec.Cmd
	in      io.WriteCloser
	replies *json.Decoder
}

// Start makes an empty machine at dir, an empty folder, until Close. Syncs of what matches one of forgotten do nothing:
// the fault of a program that forgot them. A pattern is that of path.Match for the last part of a path; one that ends in a
// slash is for folders.
//
// The program is the one that runs, which calls [Main] at its beginning.
func Start(dir string, forgotten ...string) (*Machine, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start the file system: %w", err)
	}
	m := &Machine{Dir: dir, server: exec.Command(program)}
	m.server.Env = append(os.Environ(), serveVariable+"="+dir, ignoreVariable+"="+strings.Join(forgotten, ":"))
	m.server.Stderr = os.Stderr
	if m.in, err = m.server.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start the file system: %w", err)
	}
	out, err := m.server.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the file system: %w", err)
	}
	m.replies = json.NewDecoder(out)
	if err := m.server.Start(); err != nil {
		return nil, fmt.Errorf("start the file system: %w", err)
	}
	if _, err := m.reply(); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

func (m *Machine) reply() (Lost, error) {
	var a reply
	if err := m.replies.Decode(&a); err != nil {
		return Lost{}, fmt.Errorf("the file system has died: %w", err)
	}
	if a.Error != "" {
		return Lost{}, errors.New(a.Error)
	}
	return a.Lost, nil
}

// Cut cuts the power and starts the machine again: of what was not synced, the disk has what seed chooses. No process may
// use the folder.
func (m *Machine) Cut(seed uint64) (Lost, error) { return m.ask(request{Seed: &seed}) }

// CutAll is Cut with a disk that has nothing of what was not synced.
func (m *Machine) CutAll() (Lost, error) { return m.ask(request{}) }

func (m *Machine) ask(r request) (Lost, error) {
	if err := json.NewEncoder(m.in).Encode(r); err != nil {
		return Lost{}, fmt.Errorf("cut the power: %w", err)
	}
	return m.reply()
}

// Close takes the folder's content away for good.
func (m *Machine) Close() error { return errors.Join(m.in.Close(), m.server.Wait()) }

// Need skips a test on a machine where nothing can be mounted by FUSE. CI can, and there it fails.
func Need(t testing.TB) {
	t.Helper()
	f, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	if err == nil {
		_ = f.Close() // it was only opened to see whether that works
		if os.Geteuid() == 0 {
			return
		}
		err = errors.New("mounting needs root")
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("no FUSE: %v", err)
	}
	t.Skipf("needs FUSE: %v", err)
}
