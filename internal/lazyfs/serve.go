package lazyfs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
)

// The environment of a process that serves a file system.
const (
	serveVariable  = "LAZYFS_SERVE"  // where
	ignoreVariable = "LAZYFS_IGNORE" // the patterns of Start, separated by colons
)

// request is one line of what a server is asked. The seed nil lets nothing that was not synced reach the disk.
type request struct {
	Seed *uint64
}

// reply is one line of its answers; the first one comes unasked, when the file system is there.
type reply struct {
	Lost  Lost
	Error string
}

// Main serves a file system and ends the process, where [Start] has started the process for that; otherwise it returns.
// It is the first call in the TestMain of a package that uses Start.
func Main() {
	dir := os.Getenv(serveVariable)
	if dir == "" {
		return
	}
	if err := serve(dir, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "lazyfs: %v\n", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serve answers requests until their end, which is also that of a test that was killed.
func serve(dir string, in io.Reader, out io.Writer) error {
	f := newFileSystem(ignored(strings.Split(os.Getenv(ignoreVariable), ":")))
	m, err := f.mount(dir)
	if err != nil {
		return err
	}
	// A test that has died leaves processes behind that may use the file system still.
	defer func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) }()
	requests, replies := json.NewDecoder(in), json.NewEncoder(out)
	if err := replies.Encode(reply{}); err != nil {
		return err
	}
	for {
		var r request
		if err := requests.Decode(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		var a reply
		if m, a.Lost, err = f.cut(m, r); err != nil {
			a.Error = err.Error()
		}
		if err := replies.Encode(a); err != nil {
			return err
		}
	}
}

// cut takes the file system away from the processes, drops what r says, and gives it back.
func (f *fileSystem) cut(m *mounted, r request) (*mounted, Lost, error) {
	if err := m.unmount(); err != nil {
		return m, Lost{}, err
	}
	var random *rand.Rand
	if r.Seed != nil {
		random = rand.New(rand.NewPCG(*r.Seed, 0))
	}
	lost := f.drop(random)
	again, err := f.mount(m.dir)
	return again, lost, err
}

// ignored reports whether the syncs of a file or folder do nothing: one of patterns matches the last part of its path, or
// for a folder, that and a slash.
func ignored(patterns []string) func(name string, folder bool) bool {
	return func(name string, folder bool) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool {
			pattern, forFolder := strings.CutSuffix(pattern, "/")
			ok, err := path.Match(pattern, name)
			return err == nil && ok && forFolder == folder
		})
	}
}
