package pgstate_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint/lease"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint/pgstate"
	"github.com/iggy-flow/iggy-flow/internal/pgtest"
)

// never is a holder's options that renews nothing by itself.
var never = lease.Options{TTL: time.Minute, Holder: "test", Tick: func(time.Duration) <-chan time.Time { return nil }}

// wire stands before a server. Armed, it lets the next commit through and loses its answer with the connection.
type wire struct {
	net.Listener
	to    string
	armed atomic.Bool
	done  sync.WaitGroup
}

func newWire(t *testing.T, port int) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: l, to: fmt.Sprintf("127.0.0.1:%d", port)}
	w.done.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			w.done.Go(func() { w.serve(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		w.done.Wait()
	})
	return w
}

func (w *wire) port() int { return w.Addr().(*net.TCPAddr).Port }

func (w *wire) serve(client net.Conn) {
	server, err := net.Dial("tcp", w.to)
	if err != nil {
		client.Close()
		return
	}
	var cut atomic.Bool
	w.done.Go(func() {
		defer client.Close()
		buf := make([]byte, 64<<10)
		for {
			n, err := server.Read(buf)
			if cut.Load() || err != nil {
				return // the commit was answered, so it was made
			}
			if _, err := client.Write(buf[:n]); err != nil {
				return
			}
		}
	})
	defer server.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		if bytes.Contains(buf[:n], []byte("commit\x00")) && w.armed.CompareAndSwap(true, false) {
			cut.Store(true)
		}
		if _, err := server.Write(buf[:n]); err != nil {
			return
		}
	}
}

func holds(t *testing.T, s checkpoint.Store, last, previous string) {
	t.Helper()
	l, err := s.Load(t.Context())
	p, err2 := s.LoadPrevious(t.Context())
	if err != nil || err2 != nil || string(l) != last || string(p) != previous {
		t.Errorf("the store holds %q (%v) and %q (%v); want %q and %q", l, err, p, err2, last, previous)
	}
}

// TestALostAnswerIsLookedFor loses the answer to the commit of a save: another attempt finds that it has landed, and does
// not make the checkpoint its own predecessor.
func TestALostAnswerIsLookedFor(t *testing.T) {
	server := pgtest.Start(t)
	w := newWire(t, server.Port)
	address := strings.Replace(server.URL("postgres"), fmt.Sprint(server.Port), fmt.Sprint(w.port()), 1)
	s, err := pgstate.Open(t.Context(), parse(t, address, "orders"), never)
	if err != nil {
		t.Fatal(err)
	}
	last, previous := "", ""
	for _, payload := range []string{"one", "two", "three"} {
		w.armed.Store(true)
		if err := s.Save(t.Context(), []byte(payload)); !errors.Is(err, checkpoint.ErrUnavailable) {
			t.Fatalf("a save whose answer is lost gives %v", err)
		}
		if w.armed.Load() {
			t.Fatal("no commit was seen")
		}
		if err := s.Save(t.Context(), []byte(payload)); err != nil {
			t.Fatal(err)
		}
		last, previous = payload, last
		holds(t, s, last, previous)
	}
	// An attempt that landed unseen, and then other data.
	w.armed.Store(true)
	if err := s.Save(t.Context(), []byte("four")); !errors.Is(err, checkpoint.ErrUnavailable) {
		t.Fatal(err)
	}
	if err := s.Save(t.Context(), []byte("five")); !errors.Is(err, checkpoint.ErrUnavailable) {
		t.Errorf("other data behind it gives %v", err)
	}
	if err := s.Save(t.Context(), []byte("five")); err != nil {
		t.Fatal(err)
	}
	holds(t, s, "five", "four")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestAnOutageIsUnavailability ends the server as a crash would, and starts it again.
func TestAnOutageIsUnavailability(t *testing.T) {
	server := pgtest.Start(t)
	s, err := pgstate.Open(t.Context(), parse(t, server.URL("postgres"), "orders"), never)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, payload := range []string{"one", "two"} {
		if err := s.Save(t.Context(), []byte(payload)); err != nil {
			t.Fatal(err)
		}
	}
	server.Stop()
	for range 2 {
		err := s.Save(t.Context(), []byte("three"))
		if !errors.Is(err, checkpoint.ErrUnavailable) || strings.Contains(err.Error(), pgtest.Password) {
			t.Errorf("without a server: %v", err)
		}
	}
	server.Run(t)
	holds(t, s, "two", "one")
	if err := s.Save(t.Context(), []byte("three")); err != nil {
		t.Fatal(err)
	}
	holds(t, s, "three", "two")
}

func TestWhatIsRefusedIsNoOutage(t *testing.T) {
	server := pgtest.Start(t)
	wrong := strings.Replace(server.URL("postgres"), pgtest.Password, "secret-canary", 1)
	_, err := pgstate.Open(t.Context(), parse(t, wrong, "orders"), never)
	if err == nil || errors.Is(err, checkpoint.ErrUnavailable) || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "PGPASSWORD") {
		t.Errorf("a wrong password gives %v", err)
	}
	server.Exec(t, "postgres", "create role reader login password 'reader-canary'")
	reader := strings.Replace(server.URL("postgres"), "postgres:"+pgtest.Password, "reader:reader-canary", 1)
	_, err = pgstate.Open(t.Context(), parse(t, reader, "orders"), never)
	if err == nil || errors.Is(err, checkpoint.ErrUnavailable) || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "grant it CREATE") {
		t.Errorf("a user without rights gets %v", err)
	}
	if _, err := pgstate.OpenView(t.Context(), parse(t, server.URL("postgres"), "orders")); err == nil || !strings.Contains(err.Error(), "there is none") {
		t.Errorf("a look at what is not there gives %v", err)
	}
}

func TestParseHidesWhatItCannotRead(t *testing.T) {
	for _, address := range []string{
		"postgres://user:secret-canary@host:notaport/db", "postgres://user:secret-canary@host:99999/db", "postgres://user:secret-canary@[::1/db",
		"postgres://h/db?sslmode=secret-canary", "postgres://h/db?connect_timeout=secret-canary", "postgres://u:%zzsecret-canary@h/db",
	} {
		if _, err := pgstate.Parse(address, "p"); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s gives %v", address, err)
		}
	}
	c := parse(t, "postgres://user:secret-canary@db.example:6432/state?sslmode=disable", "orders")
	if got := c.String(); got != "postgres://db.example:6432/state (pipeline orders)" {
		t.Errorf("it is shown as %s", got)
	}
}
