package pgtest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// startTimeout bounds how long a server may take until it answers.
const startTimeout = time.Minute

// Password is that of user postgres, which every server of this package asks for.
const Password = "correct-horse-battery"

// Server is a running server with an empty database.
type Server struct {
	Port int
	dir  string
	bin  string
	cmd  *exec.Cmd
}

// URL is the address of a database, with a password in it.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://postgres:%s@127.0.0.1:%d/%s?sslmode=disable", Password, s.Port, database)
}

// bin is the folder of the newest installed server; it is empty without one.
func bin() string {
	if dir := os.Getenv("PGBIN"); dir != "" {
		return dir
	}
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // a constant pattern is never malformed
	slices.SortFunc(dirs, func(a, b string) int { return major(b) - major(a) })
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err == nil {
			return dir
		}
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path)
	}
	return ""
}

func major(dir string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
	return n
}

// Start starts a server of its own, on loopback, and ends it with the test. It skips the test on a machine without
// PostgreSQL; CI installs it, and there a missing one fails.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{bin: bin()}
	if s.bin == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("PostgreSQL is not installed: run internal/tools/install")
		}
		t.Skip("needs the Debian package postgresql, or $PGBIN: run `make tools`")
	}
	var err error
	if s.dir, err = os.MkdirTemp("", "pg"); err != nil { // not t.TempDir: its parent is closed to the server's user
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(s.dir) })
	attr := s.credential(t)
	password := filepath.Join(s.dir, "password")
	if err := os.WriteFile(password, []byte(Password), 0o644); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(s.dir, "data")
	initdb := exec.Command(filepath.Join(s.bin, "initdb"), "-D", data, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", password, "-E", "UTF8", "--no-locale", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = attr, s.dir
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	s.Port = freePort(t)
	s.Run(t)
	t.Cleanup(func() { s.Stop() })
	return s
}

// credential is of the user who may run a server: not root.
func (s *Server) credential(t testing.TB) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			t.Fatal(err)
		}
	}
	uid, _ := strconv.Atoi(u.Uid) // decimal on every system with processes of this kind
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(s.dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

// Run starts the server's process and waits until it answers.
func (s *Server) Run(t testing.TB) {
	t.Helper()
	var log bytes.Buffer
	s.cmd = exec.Command(filepath.Join(s.bin, "postgres"), "-D", filepath.Join(s.dir, "data"), "-p", strconv.Itoa(s.Port), "-k", s.dir, "-h", "127.0.0.1", "-c", "fsync=off")
	s.cmd.SysProcAttr, s.cmd.Dir, s.cmd.Stderr = s.credential(t), s.dir, &log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.URL("postgres"))
		if err == nil {
			_ = conn.Close(ctx)
			return
		}
		if ctx.Err() != nil {
			s.Stop()
			t.Fatalf("the server does not answer: %v\n%s", err, log.String())
		}
		time.Sleep(20 * time.Millisecond) // a process says nothing when it begins to listen
	}
}

// Stop ends the server's process at once, as a crash would. It may be called more than once.
func (s *Server) Stop() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGQUIT) // it may have ended by itself
	_ = s.cmd.Wait()
	s.cmd = nil
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// Database makes an empty database and returns its address.
func (s *Server) Database(t testing.TB, name string) string {
	t.Helper()
	s.Exec(t, "postgres", "create database "+pgx.Identifier{name}.Sanitize())
	return s.URL(name)
}

// Exec runs a statement.
func (s *Server) Exec(t testing.TB, database, statement string, args ...any) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, s.URL(database))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement, args...); err != nil {
		t.Fatal(err)
	}
}
