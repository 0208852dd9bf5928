package iggybroker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/internal/iggybroker/access"
	"github.com/iggy-flow/iggy-flow/internal/iggybroker/catalog"
	"github.com/iggy-flow/iggy-flow/internal/iggybroker/durable"
	"github.com/iggy-flow/iggy-flow/internal/iggybroker/partition"
)

// Version is the version of the server that the broker stands in for.
const Version = "0.8.0"

// semver is Version as the protocol counts it.
const semver = 8000

// Options say where a server listens, what it keeps and how. The zero values are those of server 0.8 where it has one.
type Options struct {
	Address string      // host:port; port 0 takes a free one
	TLS     *tls.Config // nil: plain TCP
	Data    string      // the directory of all that is kept; one server at a time

	Username, Password string // of the root user, for a directory that has none yet

	SegmentBytes     int64                           // 0: 64 MiB
	SaveMessages     int                             // see partition.Log.Saved; 0: 1024
	SaveBytes        int64                           // 0: 1 MiB
	Fsync            func(stream, topic string) bool // whose batches are synced before they are confirmed; nil: none
	RebalanceTimeout time.Duration                   // how long a partition waits for its owner's commit before it moves; 0: 30 s
	CheckInterval    time.Duration                   // how often retention and timeouts are looked at; 0: 1 s
	Heartbeat        time.Duration                   // a client that is silent for 1.2 times as long is stale; 0: none ever is

	Now    func() time.Time // the clock of messages, tokens and timeouts; nil: time.Now
	Log    *slog.Logger     // nil: nowhere
	Faults *Faults          // nil: none
}

func (o Options) filled() Options {
	fill(&o.SegmentBytes, 64<<20)
	fill(&o.SaveMessages, 1024)
	fill(&o.SaveBytes, 1<<20)
	fill(&o.RebalanceTimeout, 30*time.Second)
	fill(&o.CheckInterval, time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Faults == nil {
		o.Faults = NewFaults()
	}
	return o
}

func fill[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

// Server is a broker. Open it, Serve until its context ends, Close it.
type Server struct {
	options  Options
	lock     io.Closer
	users    *access.Users
	catalog  *catalog.Catalog
	listener net.Listener
	started  time.Time
	created  bool // the root user was created by this start

	storing sync.Mutex // of users

	mu      sync.Mutex
	clients map[uint32]*conn
	lastID  uint32
}

// Open opens the data directory and listens. The caller closes what it returns.
func Open(o Options) (*Server, error) {
	s := &Server{options: o.filled(), clients: map[uint32]*conn{}}
	s.started = s.options.Now()
	if err := s.open(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) open() error {
	lock, err := durable.Lock(s.options.Data)
	if err != nil {
		return err
	}
	s.lock = lock
	if err := s.openUsers(); err != nil {
		return err
	}
	s.catalog, err = catalog.Open(s.options.Data, catalog.Options{
		Partition: partition.Options{
			SegmentBytes: s.options.SegmentBytes, SaveMessages: s.options.SaveMessages, SaveBytes: s.options.SaveBytes,
		},
		Fsync: s.options.Fsync, RebalanceTimeout: s.options.RebalanceTimeout, Now: s.options.Now,
	})
	if err != nil {
		return err
	}
	if s.listener, err = net.Listen("tcp", s.options.Address); err != nil {
		return fmt.Errorf("listen on %q: %w", s.options.Address, err)
	}
	return nil
}

// Address is where the server listens.
func (s *Server) Address() string { return s.listener.Addr().String() }

// Catalog is the server's streams, for a test that changes them behind the protocol's back.
func (s *Server) Catalog() *catalog.Catalog { return s.catalog }

// Close releases what Open took, and syncs all messages. Serve must have returned.
func (s *Server) Close() error {
	var err error
	if s.listener != nil {
		if e := s.listener.Close(); !errors.Is(e, net.ErrClosed) {
			err = e
		}
	}
	if s.catalog != nil {
		err = errors.Join(err, s.catalog.Close())
	}
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	return err
}

// Serve answers requests until ctx ends, and then returns nil once all connections are closed.
func (s *Server) Serve(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.accept(ctx, g) })
	g.Go(func() error { return s.maintain(ctx) })
	g.Go(func() error {
		<-ctx.Done()
		err := s.listener.Close()
		s.Disconnect()
		return err
	})
	return g.Wait()
}

func (s *Server) accept(ctx context.Context, g *errgroup.Group) error {
	for {
		c, err := s.listener.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = c.Close()
			}
			return nil
		case err != nil:
			s.options.Log.Warn("a connection was not accepted", "error", err)
			if errors.Is(err, net.ErrClosed) {
				return err
			}
			pause(ctx, acceptPause) // there may be too many files open
			continue
		case s.options.Faults.refuses():
			_ = c.Close()
			continue
		}
		g.Go(func() error {
			s.serve(ctx, c)
			return nil
		})
	}
}

// acceptPause is how long no connection is accepted after one could not be.
const acceptPause = 50 * time.Millisecond

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// Disconnect closes all connections.
func (s *Server) Disconnect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clients {
		_ = c.socket.Close()
	}
}

func (s *Server) maintain(ctx context.Context) error {
	ticker := time.NewTicker(s.options.CheckInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if err := s.Maintain(); err != nil {
				s.options.Log.Error("retention failed", "error", err)
			}
		}
	}
}

// Maintain does now what the server does every CheckInterval: it deletes what is too old or too much, moves the partitions of
// groups whose owners do not let go, and ends the memberships of clients that are silent.
func (s *Server) Maintain() error {
	now := s.options.Now()
	for _, c := range s.silent(now) {
		s.catalog.Disconnect(c.id)
	}
	return s.catalog.Maintain(now)
}

// silent marks the clients that have become stale by now, and returns them.
func (s *Server) silent(now time.Time) (out []*conn) {
	if s.options.Heartbeat == 0 {
		return nil
	}
	limit := now.Add(-s.options.Heartbeat * 6 / 5)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clients {
		if c.seen.Load() < limit.UnixNano() && c.stale.CompareAndSwap(false, true) {
			out = append(out, c)
		}
	}
	return out
}

func (s *Server) now() wire.Micros { return wire.MicrosOf(s.options.Now()) }

func (s *Server) usersPath() string { return filepath.Join(s.options.Data, "users.json") }

// openUsers reads the users, or begins with the root user alone.
func (s *Server) openUsers() error {
	data, err := os.ReadFile(s.usersPath())
	if err == nil {
		s.users, err = readUsers(data)
		if err != nil {
			return fmt.Errorf("read %s: %w", s.usersPath(), err)
		}
		return nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if s.users, err = access.NewUsers(nil); err != nil {
		return err
	}
	root := &wire.NewUser{Username: s.options.Username, Password: s.options.Password, Status: wire.UserActive}
	if _, err := s.users.Create(root, s.now()); err != nil {
		return fmt.Errorf("create the root user %q: %w", root.Username, err)
	}
	s.created = true
	return s.storeUsers()
}
