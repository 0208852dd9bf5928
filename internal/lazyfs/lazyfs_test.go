package lazyfs_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
	_ "modernc.org/sqlite" // what the embedded catalog is written with

	"github.com/iggy-flow/iggy-flow/internal/lazyfs"
)

func TestMain(m *testing.M) {
	lazyfs.Main()
	goleak.VerifyTestMain(m)
}

// machine is a computer whose power can be cut, and a test that watches it.
type machine struct {
	*lazyfs.Machine
	t *testing.T
}

func boot(t *testing.T, forgotten ...string) *machine {
	t.Helper()
	lazyfs.Need(t)
	m, err := lazyfs.Start(t.TempDir(), forgotten...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return &machine{m, t}
}

func (m *machine) cut(seed uint64) lazyfs.Lost {
	m.t.Helper()
	lost, err := m.Cut(seed)
	m.must(err)
	return lost
}

func (m *machine) cutAll() {
	m.t.Helper()
	_, err := m.CutAll()
	m.must(err)
}

func (m *machine) path(name string) string { return filepath.Join(m.Dir, name) }

func (m *machine) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// write writes a file, and syncs it when sync says so.
func (m *machine) write(name, text string, sync bool) {
	m.t.Helper()
	f, err := os.Create(m.path(name))
	m.must(err)
	_, err = f.WriteString(text)
	m.must(err)
	if sync {
		m.must(f.Sync())
	}
	m.must(f.Close())
}

func (m *machine) sync(name string) {
	m.t.Helper()
	f, err := os.Open(m.path(name))
	m.must(err)
	m.must(errors.Join(f.Sync(), f.Close()))
}

// read returns a file's content, "-" where there is none.
func (m *machine) read(name string) string {
	m.t.Helper()
	data, err := os.ReadFile(m.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return "-"
	}
	m.must(err)
	return string(data)
}

func TestWhatIsNotSyncedIsLost(t *testing.T) {
	for name, test := range map[string]struct {
		do   func(*machine)
		want map[string]string
	}{
		"content without a sync":  {func(m *machine) { m.write("a", "new", false); m.sync("") }, map[string]string{"a": ""}},
		"a synced file's name":    {func(m *machine) { m.write("a", "new", true) }, map[string]string{"a": "-"}},
		"nothing of what is both": {func(m *machine) { m.write("a", "new", true); m.sync("") }, map[string]string{"a": "new"}},
		"a folder's name": {func(m *machine) {
			m.must(os.Mkdir(m.path("d"), 0o755))
			m.write("d/a", "new", true)
			m.sync("d")
		}, map[string]string{"d/a": "-"}},
		"an overwritten part": {func(m *machine) {
			m.write("a", "before", true)
			m.sync("")
			f, err := os.OpenFile(m.path("a"), os.O_RDWR, 0)
			m.must(err)
			_, err = f.WriteAt([]byte("LOST"), 2)
			m.must(errors.Join(err, f.Close()))
		}, map[string]string{"a": "before"}},
		"a truncation": {func(m *machine) {
			m.write("a", "before", true)
			m.sync("")
			m.must(os.Truncate(m.path("a"), 2))
		}, map[string]string{"a": "before"}},
		"a rename": {func(m *machine) {
			m.write("a", "1", true)
			m.sync("")
			m.must(os.Rename(m.path("a"), m.path("b")))
		}, map[string]string{"a": "1", "b": "-"}},
		"a removal": {func(m *machine) {
			m.write("a", "1", true)
			m.sync("")
			m.must(os.Remove(m.path("a")))
		}, map[string]string{"a": "1"}},
		"a second name": {func(m *machine) {
			m.write("a", "1", true)
			m.sync("")
			m.must(os.Link(m.path("a"), m.path("b")))
		}, map[string]string{"a": "1", "b": "-"}},
		"nothing of a replaced file": {func(m *machine) {
			m.write("a", "old", true)
			m.write("t", "new", true)
			m.sync("")
			m.must(os.Rename(m.path("t"), m.path("a")))
			m.sync("")
		}, map[string]string{"a": "new", "t": "-"}},
		"the content of a name that was synced": {func(m *machine) {
			m.write("t", "new", false)
			m.must(os.Rename(m.path("t"), m.path("a")))
			m.sync("")
		}, map[string]string{"a": "", "t": "-"}},
		"nothing of a file moved to a synced folder": {func(m *machine) {
			m.must(os.Mkdir(m.path("d"), 0o755))
			m.must(os.Mkdir(m.path("e"), 0o755))
			m.sync("")
			m.write("d/a", "1", true)
			m.must(os.Rename(m.path("d/a"), m.path("e/a")))
			m.sync("e")
		}, map[string]string{"d/a": "-", "e/a": "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := boot(t)
			test.do(m)
			m.cutAll()
			for file, want := range test.want {
				if got := m.read(file); got != want {
					t.Errorf("%s holds %q; want %q", file, got, want)
				}
			}
		})
	}
}

// TestADiskMayHaveWrittenAnyPart: with a seed, what is pending comes out in every way in which a disk may have left it.
func TestADiskMayHaveWrittenAnyPart(t *testing.T) {
	m := boot(t)
	old, long := strings.Repeat("o", 12288), strings.Repeat("n", 12288)
	seen := map[string]bool{}
	for seed := range uint64(100) {
		m.write("a", old, true)
		m.write("t", "1", true)
		_ = os.Remove(m.path("u")) // it is there after some rounds
		m.sync("")
		f, err := os.OpenFile(m.path("a"), os.O_RDWR, 0)
		m.must(err)
		_, err = f.WriteAt([]byte(long), 0)
		m.must(errors.Join(err, f.Close()))
		m.must(os.Rename(m.path("t"), m.path("u")))
		m.cut(seed)
		got := m.read("a")
		switch {
		case got == old:
			seen["nothing"] = true
		case got == long:
			seen["everything"] = true
		case strings.HasPrefix(got, "n") && strings.HasSuffix(strings.TrimLeft(got, "n"), "o") && len(strings.TrimLeft(got, "n"))%4096 != 0:
			seen["torn"] = true
		case got[0] == 'o' && strings.Contains(got, "n"):
			seen["a later page alone"] = true
		}
		switch names := fmt.Sprint(m.read("t"), m.read("u")); names {
		case "1-", "-1":
			seen["names "+names] = true
		default:
			t.Fatalf("the rename came out in halves: t and u are %s", names)
		}
	}
	for _, way := range []string{"nothing", "everything", "torn", "a later page alone", "names 1-", "names -1"} {
		if !seen[way] {
			t.Errorf("in 100 rounds it never came to: %s", way)
		}
	}
}

func TestAForgottenSyncIsNone(t *testing.T) {
	m := boot(t, "*.a", "d/")
	m.must(os.Mkdir(m.path("d"), 0o755))
	m.write("d/x", "1", true)
	m.sync("d")
	m.write("x.a", "1", true)
	m.write("e", "1", true)
	m.sync("")
	m.cutAll()
	if a, e, x := m.read("x.a"), m.read("e"), m.read("d/x"); a != "" || e != "1" || x != "-" {
		t.Errorf("x.a is %q, e is %q, d/x is %q; want nothing, 1, and no file", a, e, x)
	}
}

func TestLocksKeepProcessesApart(t *testing.T) {
	m := boot(t)
	m.write("lock", "", false)
	first, err := os.Open(m.path("lock"))
	m.must(err)
	defer first.Close()
	second, err := os.Open(m.path("lock"))
	m.must(err)
	defer second.Close()
	m.must(unix.Flock(int(first.Fd()), unix.LOCK_EX|unix.LOCK_NB))
	if err := unix.Flock(int(second.Fd()), unix.LOCK_EX|unix.LOCK_NB); !errors.Is(err, unix.EWOULDBLOCK) {
		t.Errorf("the second lock: %v", err)
	}
}

// TestSQLiteKeepsItsCommits: a database with the settings of the embedded catalog loses no commit, in any way in which the
// disk may have left what was pending.
func TestSQLiteKeepsItsCommits(t *testing.T) {
	for _, journal := range []string{"WAL", "DELETE"} {
		m := boot(t)
		lost, rows := lazyfs.Lost{}, 0
		for seed := range uint64(20) {
			db, err := sql.Open("sqlite", "file:"+m.path("catalog.db")+"?_pragma=journal_mode("+journal+")&_pragma=synchronous(FULL)")
			m.must(err)
			_, err = db.Exec("create table if not exists t (n int)")
			m.must(err)
			var found int
			m.must(db.QueryRow("select count(*) from t").Scan(&found))
			if found != rows {
				t.Fatalf("%s: %d rows are there; %d were committed", journal, found, rows)
			}
			for range 5 {
				_, err = db.Exec("insert into t values (?)", rows)
				m.must(err)
				rows++
			}
			m.sync("") // the file's own name, which SQLite leaves to others in WAL mode
			m.must(db.Close())
			l := m.cut(seed)
			lost.Names, lost.Writes = lost.Names+l.Names, lost.Writes+l.Writes
		}
		if journal == "WAL" && lost.Names == 0 { // the other one syncs the removal of its journal too
			t.Error("nothing was ever lost")
		}
	}
}

func TestFoldersAreListedInOrder(t *testing.T) {
	m := boot(t)
	var want []string
	for i := range 500 { // more than one answer of the kernel's
		name := fmt.Sprintf("%s-%03d", strings.Repeat("x", 100), i)
		want = append(want, name)
		m.write(name, "", false)
	}
	entries, err := os.ReadDir(m.Dir)
	m.must(err)
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d names are listed; want %d", len(got), len(want))
	}
	m.must(os.RemoveAll(m.path(want[0])))
	if err := os.Remove(m.path("none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("removing nothing: %v", err)
	}
}
