package lazyfs

import (
	"maps"
	"slices"
	"time"
)

// pageSize is how much of a write reaches a disk whole or not at all.
const pageSize = 4096

// node is a file or a folder. The locks of its file system guard it.
type node struct {
	id       uint64
	name     string // the last one that it was given
	folder   bool
	mode     uint32
	modified time.Time
	links    int

	data   []byte  // of a file: what processes read
	disk   []byte  // what a loss of power leaves
	writes []write // what leads from disk to data

	names     map[string]*node // of a folder
	diskNames map[string]*node
}

// write is a change of a file that was not synced: bytes at an offset, or a new length.
type write struct {
	offset int64
	bytes  []byte
	resize bool // to offset
}

func (n *node) change(w write) {
	n.data = w.apply(n.data)
	n.writes = append(n.writes, w)
	n.modified = time.Now()
}

// apply returns data with w done to it; a gap is filled with zeros.
func (w write) apply(data []byte) []byte {
	end := w.offset + int64(len(w.bytes))
	if w.resize {
		end = w.offset
	}
	if grow := end - int64(len(data)); grow > 0 {
		data = append(data, make([]byte, grow)...)
	}
	if w.resize {
		return data[:end]
	}
	copy(data[w.offset:], w.bytes)
	return data
}

// sync brings a file's content to the disk.
func (n *node) sync() {
	for _, w := range n.writes {
		n.disk = w.apply(n.disk)
	}
	n.writes = nil
}

// change is a change of names that was not synced. A rename is one change: it has both halves.
type change struct{ removed, added entry }

// entry is a name in a folder; the zero value is none.
type entry struct {
	folder *node
	name   string
	node   *node
}

func (c change) apply() {
	if r := c.removed; r.folder != nil && r.folder.diskNames[r.name] == r.node {
		delete(r.folder.diskNames, r.name)
	}
	if a := c.added; a.folder != nil {
		a.folder.diskNames[a.name] = a.node
	}
}

// touches reports whether c changes a name in one of folders, or one of names.
func (c change) touches(folder *node, names map[entry]bool) bool {
	for _, e := range c.entries() {
		if e.folder == folder || names[entry{folder: e.folder, name: e.name}] {
			return true
		}
	}
	return false
}

func (c change) entries() []entry {
	return slices.DeleteFunc([]entry{c.removed, c.added}, func(e entry) bool { return e.folder == nil })
}

// reset makes what is on the disk what processes see.
func (n *node) reset() {
	n.data, n.writes = slices.Clone(n.disk), nil
	n.names = maps.Clone(n.diskNames)
	n.links = 0
}
