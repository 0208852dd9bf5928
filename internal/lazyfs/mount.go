package lazyfs

import (
	"fmt"
	"sync"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// validity is how long the kernel believes what it was told. All changes go through it, except those of drop.
const validity = time.Hour

// mounted is a file system that other processes can use. The one that serves it must not: a thread that waits for a page
// cannot be stopped for the garbage collector, and the goroutine that would bring the page is stopped already.
type mounted struct {
	dir     string
	serving sync.WaitGroup
}

// mount shows f at dir, an empty folder, until unmount.
func (f *fileSystem) mount(dir string) (*mounted, error) {
	server, err := fuse.NewServer(&bridge{RawFileSystem: fuse.NewDefaultRawFileSystem(), fs: f}, dir, &fuse.MountOptions{
		DirectMountStrict: true,
		DisableXAttrs:     true,
		FsName:            "lazyfs",
		Name:              "lazyfs",
		MaxWrite:          1 << 20,
	})
	if err != nil {
		return nil, fmt.Errorf("mount %s: %w", dir, err)
	}
	m := &mounted{dir: dir}
	m.serving.Go(server.Serve) // until unmount, which waits for it
	if err := server.WaitMount(); err != nil {
		return nil, fmt.Errorf("mount %s: %w", dir, err)
	}
	return m, nil
}

// unmount ends the mount and forgets what the kernel has cached of it. It fails while a process uses the file system.
func (m *mounted) unmount() error {
	if err := syscall.Unmount(m.dir, 0); err != nil {
		return fmt.Errorf("unmount %s: %w", m.dir, err)
	}
	m.serving.Wait()
	return nil
}
