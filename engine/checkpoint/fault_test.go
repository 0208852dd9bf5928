package checkpoint_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func save(t *testing.T, d checkpoint.Store, payloads ...string) {
	t.Helper()
	for _, p := range payloads {
		if err := d.Save(t.Context(), []byte(p)); err != nil {
			t.Fatal(err)
		}
	}
}

func holds(t *testing.T, d checkpoint.Store, last, previous string) {
	t.Helper()
	l, err := d.Load(t.Context())
	p, err2 := d.LoadPrevious(t.Context())
	if err != nil || err2 != nil || string(l) != last || string(p) != previous {
		t.Errorf("the store holds %q (%v) and %q (%v); want %q and %q", l, err, p, err2, last, previous)
	}
}

// TestFault16DiskFullKeepsTheLastCheckpoint fills the disk, by a device that is always full, and frees it again.
func TestFault16DiskFullKeepsTheLastCheckpoint(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	defer d.Close()
	save(t, d, "one", "two")
	if err := os.Symlink("/dev/full", filepath.Join(dir, "checkpoint.tmp")); err != nil {
		t.Fatal(err)
	}
	err := d.Save(t.Context(), []byte("three"))
	if !errors.Is(err, unix.ENOSPC) && !errors.Is(err, unix.EINVAL) || !strings.Contains(err.Error(), dir) {
		t.Errorf("a full disk gives %v", err)
	}
	holds(t, d, "two", "one")
	if err := os.Remove(filepath.Join(dir, "checkpoint.tmp")); err != nil {
		t.Fatal(err)
	}
	save(t, d, "three")
	holds(t, d, "three", "two")
}

// TestFault16DiskFullIsWaitedOut: a save that finds the disk full ends when there is room, or when the pipeline does.
func TestFault16DiskFullIsWaitedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, t.TempDir())
		defer d.Close()
		freed := time.Now().Add(5 * time.Minute)
		tries := 0
		d.Inject(checkpoint.Faults{Write: func(f *os.File, data []byte) error {
			if tries++; time.Now().Before(freed) {
				return &os.PathError{Op: "write", Path: f.Name(), Err: unix.ENOSPC}
			}
			_, err := f.Write(data)
			return err
		}})
		patient := checkpoint.NewPatient(d, quiet)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := patient.Save(ctx, []byte("one")); !errors.Is(err, checkpoint.ErrUnavailable) {
			t.Errorf("a pipeline that is stopped meanwhile gets %v", err)
		}
		if got, err := d.Load(t.Context()); got != nil || err != nil {
			t.Errorf("a failed save left %q, %v", got, err)
		}
		if err := patient.Save(t.Context(), []byte("two")); err != nil {
			t.Fatal(err)
		}
		holds(t, d, "two", "")
		if waited := time.Since(freed); waited < 0 || waited > 10*time.Second || tries < 20 || tries > 400 {
			t.Errorf("it was stored %v behind the moment, in %d attempts", waited, tries)
		}
	})
}

// TestFault17SyncFailureWritesANewFile: a descriptor whose sync failed is never used again, and nothing of it becomes the
// checkpoint.
func TestFault17SyncFailureWritesANewFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, t.TempDir())
		defer d.Close()
		save(t, d, "one", "two")
		written, synced := 0, 0
		d.Inject(checkpoint.Faults{
			Write: func(f *os.File, data []byte) error {
				written++
				_, err := f.Write(data)
				return err
			},
			Sync: func(f *os.File) error {
				if synced++; synced <= 3 {
					return &os.PathError{Op: "sync", Path: f.Name(), Err: unix.EIO}
				}
				return f.Sync()
			},
		})
		if err := d.Save(t.Context(), []byte("three")); !errors.Is(err, unix.EIO) || !errors.Is(err, checkpoint.ErrUnavailable) {
			t.Errorf("a sync that fails gives %v", err)
		}
		holds(t, d, "two", "one")
		if err := checkpoint.NewPatient(d, quiet).Save(t.Context(), []byte("three")); err != nil {
			t.Fatal(err)
		}
		holds(t, d, "three", "two")
		if written != 4 || synced != 4 {
			t.Errorf("%d files were written for %d syncs; want a new one for each", written, synced)
		}
	})
}

// TestFault17DirectorySyncFailureKeepsBothCheckpoints: when the last step of a save fails, trying it again must not make
// the new checkpoint its own predecessor.
func TestFault17DirectorySyncFailureKeepsBothCheckpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, t.TempDir())
		defer d.Close()
		save(t, d, "one", "two")
		failures := 3
		d.Inject(checkpoint.Faults{SyncDir: func(path string) error {
			if failures--; failures >= 0 {
				return &os.PathError{Op: "sync", Path: path, Err: unix.EIO}
			}
			return nil
		}})
		if err := checkpoint.NewPatient(d, quiet).Save(t.Context(), []byte("three")); err != nil {
			t.Fatal(err)
		}
		holds(t, d, "three", "two")
	})
}

func TestWhatNoWaitingCuresIsNotWaitedOut(t *testing.T) {
	dir := t.TempDir()
	d := open(t, filepath.Join(dir, "state"))
	defer d.Close()
	save(t, d, "one")
	if err := os.Rename(filepath.Join(dir, "state"), filepath.Join(dir, "moved")); err != nil {
		t.Fatal(err)
	}
	if err := checkpoint.NewPatient(d, quiet).Save(t.Context(), []byte("two")); !errors.Is(err, checkpoint.ErrOvertaken) {
		t.Errorf("a directory that was moved away gives %v", err)
	}
}

// refusedDirectory is the variable by which this test runs itself as another user.
const refusedDirectory = "IGGY_FLOW_TEST_REFUSED_DIRECTORY"

// TestFault19StateDirectoryIsNotWritable opens directories as a user who may not write to them.
func TestFault19StateDirectoryIsNotWritable(t *testing.T) {
	if dir := os.Getenv(refusedDirectory); dir != "" {
		_, err := checkpoint.OpenDirectory(dir)
		os.Stdout.WriteString("refused: " + err.Error() + "\n") // a start that is not refused ends in a panic
		return
	}
	base, err := os.MkdirTemp("", "state") // not t.TempDir: another user must get through to it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(base) })
	dirs := map[string]os.FileMode{"not writable": 0o555, "not searchable": 0o600, "with a lock of another": 0o755}
	for name, mode := range dirs {
		dir := filepath.Join(base, name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if name == "with a lock of another" {
			if err := os.WriteFile(filepath.Join(dir, "lock"), nil, 0o666); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(filepath.Join(dir, "lock"), 0o666); err != nil {
				t.Fatal(err)
			}
			if os.Getuid() != 0 {
				mode = 0o555 // its owner is this user
			}
		}
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(base, 0o755); err != nil {
		t.Fatal(err)
	}
	binary := readable(t, base)
	for name := range dirs {
		dir := filepath.Join(base, name)
		cmd := exec.Command(binary, "-test.run", "^"+t.Name()+"$")
		cmd.Dir, cmd.Env = base, []string{refusedDirectory + "=" + dir}
		user := os.Getuid()
		if user == 0 { // root may write anywhere
			user = 65534
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "refused: ") || !strings.Contains(string(out), dir) || !strings.Contains(string(out), "--state") {
			t.Errorf("%s: user %d gets %v\n%s", name, user, err, out)
		}
	}
	for name := range dirs { // so that they can be removed
		_ = os.Chmod(filepath.Join(base, name), 0o755)
	}
}

// readable copies the test binary to where another user can run it.
func readable(t *testing.T, base string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(base, "test")
	if err := os.WriteFile(to, data, 0o755); err != nil {
		t.Fatal(err)
	}
	return to
}

func TestFault19StateDirectoryOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := checkpoint.OpenDirectory(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a file in the place of the directory gives %v", err)
	}
}

// TestFault19StateFileSystemIsReadOnly mounts one; where that is not allowed, the other tests of this fault remain.
func TestFault19StateFileSystemIsReadOnly(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_RDONLY, ""); err != nil {
		t.Skipf("a read-only file system cannot be mounted here, which needs root and CAP_SYS_ADMIN: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, 0) })
	_, err := checkpoint.OpenDirectory(filepath.Join(dir, "state"))
	if !errors.Is(err, unix.EROFS) || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "--state") {
		t.Errorf("a read-only file system gives %v", err)
	}
}
