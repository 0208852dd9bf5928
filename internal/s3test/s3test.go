package s3test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// startTimeout bounds how long a server may take until it answers.
const startTimeout = time.Minute

// The credentials of every server of this package.
const (
	AccessKey = "test-access-key"
	SecretKey = "test-secret-canary"
)

// Server is a running server. Objects are files: key k of bucket b is the file b/k in Dir.
type Server struct {
	Endpoint string
	Dir      string
}

// binary is the server's program; it is empty on a machine without it.
func binary() string {
	if path, err := exec.LookPath("versitygw"); err == nil {
		return path
	}
	_, file, _, _ := runtime.Caller(0)
	path := filepath.Join(filepath.Dir(file), "bin", "versitygw")
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// Start starts a server on loopback with the credentials in the test's environment, and ends it with the test. It skips the
// test on a machine without versitygw; CI installs it, and there a missing one fails.
func Start(t testing.TB) *Server {
	t.Helper()
	path := binary()
	if path == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("versitygw is not installed: run internal/tools/install")
		}
		t.Skip("needs versitygw: run `make tools`")
	}
	s := &Server{Dir: t.TempDir()}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close() // its port is what was wanted
	s.Endpoint = "http://" + address
	cmd := exec.Command(path, "--port", address, "--health", "/healthz", "--quiet", "posix", s.Dir)
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+AccessKey, "ROOT_SECRET_KEY="+SecretKey)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Dir = &log, &log, t.TempDir()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended by itself
		_ = cmd.Wait()
	})
	client := &http.Client{Timeout: time.Second}
	defer client.CloseIdleConnections()
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) { // a process says nothing when it begins to listen
		if answer, err := client.Get(s.Endpoint + "/healthz"); err == nil {
			_ = answer.Body.Close()
			break
		}
		if time.Since(began) > startTimeout {
			t.Fatalf("versitygw does not answer\n%s", log.String())
		}
	}
	return s
}

// Bucket makes a bucket.
func (s *Server) Bucket(t testing.TB, name string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(s.Dir, name), 0o755); err != nil {
		t.Fatal(err)
	}
}

// URL is the address of a prefix, without credentials.
func (s *Server) URL(bucket, prefix string) string {
	return fmt.Sprintf("s3://%s/%s?endpoint=%s&region=us-east-1&path_style=true", bucket, prefix, s.Endpoint)
}
