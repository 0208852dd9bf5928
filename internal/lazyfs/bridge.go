package lazyfs

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// syncTakes is how long a sync takes, as on a disk: a process that is killed at random is then found between a write and
// the end of its sync, which in memory would be a matter of microseconds.
const syncTakes = time.Millisecond

// bridge answers the kernel. Locks are not among its questions: the kernel keeps those of one machine itself.
type bridge struct {
	fuse.RawFileSystem // what is not below is not supported
	fs                 *fileSystem
}

func (n *node) attributes(out *fuse.Attr) {
	kind := uint32(syscall.S_IFREG)
	links := max(n.links, 0)
	if n.folder {
		kind, links = syscall.S_IFDIR, links+1
	}
	*out = fuse.Attr{Ino: n.id, Size: uint64(len(n.data)), Blocks: (uint64(len(n.data)) + 511) / 512, Mode: kind | n.mode, Nlink: uint32(links), Blksize: pageSize}
	out.SetTimes(&n.modified, &n.modified, &n.modified)
}

func (n *node) found(out *fuse.EntryOut) {
	out.NodeId, out.Generation = n.id, 1
	out.SetEntryTimeout(validity)
	out.SetAttrTimeout(validity)
	n.attributes(&out.Attr)
}

// with calls f under the lock and turns its error into FUSE's.
func (b *bridge) with(f func() syscall.Errno) fuse.Status {
	b.fs.mu.Lock()
	defer b.fs.mu.Unlock()
	return fuse.Status(f())
}

// file calls f with the node of an open file.
func (b *bridge) file(id uint64, f func(*node)) fuse.Status {
	return b.with(func() syscall.Errno {
		n := b.fs.nodes[id]
		if n == nil {
			return syscall.ESTALE
		}
		f(n)
		return 0
	})
}

// Lookup implements fuse.RawFileSystem.
func (b *bridge) Lookup(_ <-chan struct{}, header *fuse.InHeader, name string, out *fuse.EntryOut) fuse.Status {
	return b.with(func() syscall.Errno {
		n, errno := b.fs.look(header.NodeId, name)
		if errno == 0 {
			n.found(out)
		}
		return errno
	})
}

// GetAttr implements fuse.RawFileSystem.
func (b *bridge) GetAttr(_ <-chan struct{}, in *fuse.GetAttrIn, out *fuse.AttrOut) fuse.Status {
	return b.file(in.NodeId, func(n *node) {
		out.SetTimeout(validity)
		n.attributes(&out.Attr)
	})
}

// SetAttr implements fuse.RawFileSystem. Times and owners are taken and forgotten.
func (b *bridge) SetAttr(_ <-chan struct{}, in *fuse.SetAttrIn, out *fuse.AttrOut) fuse.Status {
	return b.file(in.NodeId, func(n *node) {
		if size, ok := in.GetSize(); ok {
			n.change(write{offset: int64(size), resize: true})
		}
		if mode, ok := in.GetMode(); ok {
			n.mode = mode & 0o7777
		}
		out.SetTimeout(validity)
		n.attributes(&out.Attr)
	})
}

// Mkdir implements fuse.RawFileSystem.
func (b *bridge) Mkdir(_ <-chan struct{}, in *fuse.MkdirIn, name string, out *fuse.EntryOut) fuse.Status {
	return b.with(func() syscall.Errno {
		n, errno := b.fs.create(in.NodeId, name, true, in.Mode)
		if errno == 0 {
			n.found(out)
		}
		return errno
	})
}

// Create implements fuse.RawFileSystem.
func (b *bridge) Create(_ <-chan struct{}, in *fuse.CreateIn, name string, out *fuse.CreateOut) fuse.Status {
	return b.with(func() syscall.Errno {
		n, errno := b.fs.create(in.NodeId, name, false, in.Mode)
		if errno == 0 {
			n.found(&out.EntryOut)
		}
		return errno
	})
}

// Unlink implements fuse.RawFileSystem.
func (b *bridge) Unlink(_ <-chan struct{}, header *fuse.InHeader, name string) fuse.Status {
	return b.with(func() syscall.Errno { return b.fs.remove(header.NodeId, name, false) })
}

// Rmdir implements fuse.RawFileSystem.
func (b *bridge) Rmdir(_ <-chan struct{}, header *fuse.InHeader, name string) fuse.Status {
	return b.with(func() syscall.Errno { return b.fs.remove(header.NodeId, name, true) })
}

// Rename implements fuse.RawFileSystem. Exchanging two names is not supported.
func (b *bridge) Rename(_ <-chan struct{}, in *fuse.RenameIn, name, newName string) fuse.Status {
	if in.Flags != 0 {
		return fuse.EINVAL
	}
	return b.with(func() syscall.Errno { return b.fs.rename(in.NodeId, name, in.Newdir, newName) })
}

// Link implements fuse.RawFileSystem.
func (b *bridge) Link(_ <-chan struct{}, in *fuse.LinkIn, name string, out *fuse.EntryOut) fuse.Status {
	return b.with(func() syscall.Errno {
		n, errno := b.fs.link(in.Oldnodeid, in.NodeId, name)
		if errno == 0 {
			n.found(out)
		}
		return errno
	})
}

// Read implements fuse.RawFileSystem.
func (b *bridge) Read(_ <-chan struct{}, in *fuse.ReadIn, buf []byte) (result fuse.ReadResult, status fuse.Status) {
	status = b.file(in.NodeId, func(n *node) {
		from := min(int64(in.Offset), int64(len(n.data)))
		result = fuse.ReadResultData(buf[:copy(buf, n.data[from:])])
	})
	return result, status
}

// Write implements fuse.RawFileSystem.
func (b *bridge) Write(_ <-chan struct{}, in *fuse.WriteIn, data []byte) (uint32, fuse.Status) {
	return uint32(len(data)), b.file(in.NodeId, func(n *node) {
		n.change(write{offset: int64(in.Offset), bytes: slices.Clone(data)})
	})
}

// Fsync implements fuse.RawFileSystem. fdatasync syncs the length too, so the two are one.
func (b *bridge) Fsync(_ <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	time.Sleep(syncTakes)
	if killed(in.Pid) {
		return fuse.EINTR // nobody gets to know it
	}
	return b.with(func() syscall.Errno { return b.fs.sync(in.NodeId) })
}

// killed reports whether a thread is about to die. Its request cannot tell: every signal interrupts it, and Go sends
// many, while a sync on a disk is never interrupted by one that a process survives.
func killed(thread uint32) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", thread))
	if err != nil {
		return true // it is gone
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		if name != "SigPnd" && name != "ShdPnd" {
			continue
		}
		pending, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
		if err == nil && pending&(1<<(syscall.SIGKILL-1)) != 0 {
			return true
		}
	}
	return false
}

// FsyncDir implements fuse.RawFileSystem.
func (b *bridge) FsyncDir(cancel <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	return b.Fsync(cancel, in)
}

// Flush implements fuse.RawFileSystem: closing a file syncs nothing.
func (b *bridge) Flush(<-chan struct{}, *fuse.FlushIn) fuse.Status { return fuse.OK }

// OpenDir implements fuse.RawFileSystem.
func (b *bridge) OpenDir(<-chan struct{}, *fuse.OpenIn, *fuse.OpenOut) fuse.Status { return fuse.OK }

// ReadDir implements fuse.RawFileSystem.
func (b *bridge) ReadDir(_ <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	return b.list(in, func(_ *node, e fuse.DirEntry) bool { return out.AddDirEntry(e) })
}

// ReadDirPlus implements fuse.RawFileSystem.
func (b *bridge) ReadDirPlus(_ <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	return b.list(in, func(n *node, e fuse.DirEntry) bool {
		entry := out.AddDirLookupEntry(e)
		if entry != nil {
			n.found(entry)
		}
		return entry != nil
	})
}

// list adds the names of a folder in order, from the offset on, until add has no more room.
func (b *bridge) list(in *fuse.ReadIn, add func(*node, fuse.DirEntry) bool) fuse.Status {
	return b.with(func() syscall.Errno {
		folder, errno := b.fs.folder(in.NodeId)
		if errno != 0 {
			return errno
		}
		names := make([]string, 0, len(folder.names))
		for name := range folder.names {
			names = append(names, name)
		}
		slices.Sort(names)
		for i := int(in.Offset); i < len(names); i++ {
			n := folder.names[names[i]]
			var attr fuse.Attr
			n.attributes(&attr)
			if !add(n, fuse.DirEntry{Mode: attr.Mode, Name: names[i], Ino: n.id, Off: uint64(i + 1)}) {
				break
			}
		}
		return 0
	})
}

// StatFs implements fuse.RawFileSystem: SQLite asks for the size of a block.
func (b *bridge) StatFs(_ <-chan struct{}, _ *fuse.InHeader, out *fuse.StatfsOut) fuse.Status {
	*out = fuse.StatfsOut{Bsize: pageSize, Frsize: pageSize, Blocks: 1 << 30, Bfree: 1 << 30, Bavail: 1 << 30, Files: 1 << 30, Ffree: 1 << 30, NameLen: 255}
	return fuse.OK
}
