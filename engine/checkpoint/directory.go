package checkpoint

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/iggy-flow/iggy-flow/internal/failpoint"
)

// The files of a state directory. At every instant between the first Save and a removal by hand, current exists.
const (
	currentName   = "checkpoint"
	previousName  = "checkpoint.previous"
	temporaryName = "checkpoint.tmp"
	linkName      = "checkpoint.link"
	lockName      = "lock"
)

// The file format: magic, format version and payload length (both little endian, 32 and 64 bits), payload, CRC-32C of all
// that comes before it.
const (
	magic         = "iggyflow"
	formatVersion = 1
	headerSize    = len(magic) + 4 + 8
	trailerSize   = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Directory is a Store of plain files in one directory.
type Directory struct {
	dir  string
	lock *os.File
}

var _ Store = (*Directory)(nil)

// OpenDirectory creates dir where it is missing and takes the lock on it. The error wraps ErrLocked when another process
// holds it, and then names that process.
func OpenDirectory(dir string) (*Directory, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the state directory: %w", err)
	}
	path := filepath.Join(dir, lockName)
	lock, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock of the state directory: %w", err)
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		holder, _ := os.ReadFile(path) // for the message alone
		_ = lock.Close()               // the lock was not had
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		who := ""
		if pid := strings.TrimSpace(string(holder)); pid != "" {
			who = " (process " + pid + ")"
		}
		return nil, fmt.Errorf("%w%s: %s; stop it, or choose another directory with --state", ErrLocked, who, dir)
	}
	// The process id is a courtesy for the message above: the lock is the flock, so that a crash frees it.
	if err := lock.Truncate(0); err == nil {
		_, _ = lock.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	}
	return &Directory{dir: dir, lock: lock}, nil
}

// Load implements Store.
func (d *Directory) Load(context.Context) ([]byte, error) {
	data, err := readFile(filepath.Join(d.dir, currentName))
	if !errors.Is(err, fs.ErrNotExist) {
		return data, err
	}
	if _, err := os.Lstat(filepath.Join(d.dir, previousName)); err == nil {
		return nil, &CorruptError{Path: filepath.Join(d.dir, currentName), Reason: "it is missing, but the checkpoint before it is there"}
	}
	return nil, nil
}

// LoadPrevious implements Store.
func (d *Directory) LoadPrevious(context.Context) ([]byte, error) {
	data, err := readFile(filepath.Join(d.dir, previousName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// readFile returns the payload of a checkpoint file.
func readFile(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the state: %w", err)
	}
	corrupt := func(reason string) ([]byte, error) { return nil, &CorruptError{Path: path, Reason: reason} }
	switch {
	case len(data) == 0:
		return corrupt("it is empty")
	case len(data) < headerSize+trailerSize || !bytes.HasPrefix(data, []byte(magic)):
		return corrupt("it is no checkpoint of iggy-flow")
	}
	version := binary.LittleEndian.Uint32(data[len(magic):])
	if version > formatVersion {
		return corrupt(fmt.Sprintf("its format is version %d, and this iggy-flow reads up to %d: run the newer one", version, formatVersion))
	}
	body, sum := data[:len(data)-trailerSize], binary.LittleEndian.Uint32(data[len(data)-trailerSize:])
	if n := binary.LittleEndian.Uint64(data[len(magic)+4:]); n != uint64(len(body)-headerSize) {
		return corrupt(fmt.Sprintf("it holds %d bytes and should hold %d", len(body)-headerSize, n))
	}
	if crc32.Checksum(body, castagnoli) != sum {
		return corrupt("its checksum is wrong")
	}
	return body[headerSize:], nil
}

// Save implements Store. A second name is linked to the last checkpoint before the new one takes its place, so that the
// previous one is never missing either.
func (d *Directory) Save(_ context.Context, payload []byte) error {
	if err := failpoint.Hit(failpoint.CheckpointBefore); err != nil {
		return err
	}
	temporary, current := filepath.Join(d.dir, temporaryName), filepath.Join(d.dir, currentName)
	if err := writeFile(temporary, payload); err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	if err := failpoint.Hit(failpoint.CheckpointTemporary); err != nil {
		return err
	}
	link := filepath.Join(d.dir, linkName)
	if err := os.Remove(link); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("write the state: %w", err)
	}
	switch err := os.Link(current, link); {
	case err == nil:
		if err := os.Rename(link, filepath.Join(d.dir, previousName)); err != nil {
			return fmt.Errorf("keep the last checkpoint: %w", err)
		}
		if err := failpoint.Hit(failpoint.CheckpointLinked); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("keep the last checkpoint: %w", err)
	}
	if err := os.Rename(temporary, current); err != nil {
		return fmt.Errorf("replace the checkpoint: %w", err)
	}
	if err := failpoint.Hit(failpoint.CheckpointRenamed); err != nil {
		return err
	}
	if err := syncDir(d.dir); err != nil {
		return err
	}
	return failpoint.Hit(failpoint.CheckpointAfter)
}

// writeFile writes a whole checkpoint file and syncs it. A descriptor whose sync failed is not tried again: the kernel
// may have dropped the pages.
func writeFile(path string, payload []byte) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	data := make([]byte, 0, headerSize+len(payload)+trailerSize)
	data = append(data, magic...)
	data = binary.LittleEndian.AppendUint32(data, formatVersion)
	data = binary.LittleEndian.AppendUint64(data, uint64(len(payload)))
	data = append(data, payload...)
	data = binary.LittleEndian.AppendUint32(data, crc32.Checksum(data, castagnoli))
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}

func syncDir(path string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sync the state directory: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync the state directory: %w", err)
	}
	return nil
}

// Close implements Store.
func (d *Directory) Close() error { return d.lock.Close() }
