package lazyfs

import (
	"sync"
	"syscall"
	"time"
)

// rootID is the number of the top folder, which FUSE fixes.
const rootID = 1

// fileSystem is a file system in memory. Its lock guards all of it.
type fileSystem struct {
	ignore func(name string, folder bool) bool // whose syncs do nothing, by the last part of a path

	mu      sync.Mutex
	nodes   map[uint64]*node
	last    uint64
	pending []change // of names, in the order in which they were made
}

func newFileSystem(ignore func(name string, folder bool) bool) *fileSystem {
	f := &fileSystem{nodes: map[uint64]*node{}, ignore: ignore}
	f.add("", true, 0o755)
	return f
}

func (f *fileSystem) add(name string, folder bool, mode uint32) *node {
	f.last++
	n := &node{id: f.last, name: name, folder: folder, mode: mode & 0o7777, modified: time.Now()}
	if folder {
		n.names, n.diskNames = map[string]*node{}, map[string]*node{}
	}
	f.nodes[n.id] = n
	return n
}

// look returns the node behind a name.
func (f *fileSystem) look(folder uint64, name string) (*node, syscall.Errno) {
	parent, errno := f.folder(folder)
	if errno != 0 {
		return nil, errno
	}
	n := parent.names[name]
	if n == nil {
		return nil, syscall.ENOENT
	}
	return n, 0
}

func (f *fileSystem) folder(id uint64) (*node, syscall.Errno) {
	n := f.nodes[id]
	switch {
	case n == nil:
		return nil, syscall.ESTALE
	case !n.folder:
		return nil, syscall.ENOTDIR
	}
	return n, 0
}

// create makes a file or folder.
func (f *fileSystem) create(folder uint64, name string, isFolder bool, mode uint32) (*node, syscall.Errno) {
	parent, errno := f.folder(folder)
	if errno != 0 {
		return nil, errno
	}
	if parent.names[name] != nil {
		return nil, syscall.EEXIST
	}
	n := f.add(name, isFolder, mode)
	f.note(change{added: entry{parent, name, n}})
	return n, 0
}

// link gives a file a second name.
func (f *fileSystem) link(id, folder uint64, name string) (*node, syscall.Errno) {
	n := f.nodes[id]
	parent, errno := f.folder(folder)
	switch {
	case errno != 0:
		return nil, errno
	case n == nil:
		return nil, syscall.ESTALE
	case n.folder:
		return nil, syscall.EPERM
	case parent.names[name] != nil:
		return nil, syscall.EEXIST
	}
	f.note(change{added: entry{parent, name, n}})
	return n, 0
}

// remove takes a name away. What is open stays readable.
func (f *fileSystem) remove(folder uint64, name string, isFolder bool) syscall.Errno {
	n, errno := f.look(folder, name)
	switch {
	case errno != 0:
		return errno
	case n.folder && !isFolder:
		return syscall.EISDIR
	case !n.folder && isFolder:
		return syscall.ENOTDIR
	case len(n.names) > 0:
		return syscall.ENOTEMPTY
	}
	f.note(change{removed: entry{f.nodes[folder], name, n}})
	return 0
}

// rename moves a name; what the new one stood for is replaced in the same instant.
func (f *fileSystem) rename(from uint64, name string, to uint64, newName string) syscall.Errno {
	n, errno := f.look(from, name)
	if errno != 0 {
		return errno
	}
	parent, errno := f.folder(to)
	if errno != 0 {
		return errno
	}
	if old := parent.names[newName]; old != nil {
		switch {
		case old == n:
			return 0
		case old.folder && !n.folder:
			return syscall.EISDIR
		case !old.folder && n.folder:
			return syscall.ENOTDIR
		case len(old.names) > 0:
			return syscall.ENOTEMPTY
		}
	}
	n.name = newName
	f.note(change{removed: entry{f.nodes[from], name, n}, added: entry{parent, newName, n}})
	return 0
}

// note makes c visible and remembers it for the disk.
func (f *fileSystem) note(c change) {
	now := time.Now()
	if r := c.removed; r.folder != nil {
		delete(r.folder.names, r.name)
		r.node.links--
		r.folder.modified = now
	}
	if a := c.added; a.folder != nil {
		if old := a.folder.names[a.name]; old != nil {
			old.links--
		}
		a.folder.names[a.name] = a.node
		a.node.links++
		a.folder.modified = now
	}
	f.pending = append(f.pending, c)
}

// sync brings a file's content, or the names in a folder, to the disk.
func (f *fileSystem) sync(id uint64) syscall.Errno {
	n := f.nodes[id]
	switch {
	case n == nil:
		return syscall.ESTALE
	case f.ignore(n.name, n.folder):
	case n.folder:
		f.syncNames(n)
	default:
		n.sync()
	}
	return 0
}

// syncNames writes every change of a name in folder, and what happened before to the other name of a file that was
// moved: else the old name could come back behind it.
func (f *fileSystem) syncNames(folder *node) {
	chosen, names := make([]bool, len(f.pending)), map[entry]bool{}
	for i := len(f.pending) - 1; i >= 0; i-- {
		c := f.pending[i]
		if chosen[i] = c.touches(folder, names); chosen[i] {
			for _, e := range c.entries() {
				names[entry{folder: e.folder, name: e.name}] = true
			}
		}
	}
	rest := f.pending[:0]
	for i, c := range f.pending {
		if chosen[i] {
			c.apply()
		} else {
			rest = append(rest, c)
		}
	}
	clear(f.pending[len(rest):])
	f.pending = rest
}
