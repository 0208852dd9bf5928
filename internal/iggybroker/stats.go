package iggybroker

import (
	"cmp"
	"maps"
	"os"
	"runtime"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

const transportTCP = 1

// noUser stands for the user of a client that has not logged in.
const noUser = ^uint32(0)

func (c *conn) describe() wire.Client {
	groups := c.s.catalog.Memberships(c.id)
	user := noUser
	if id := c.user.Load(); id != nobody {
		user = uint32(id)
	}
	return wire.Client{
		ID: c.id, User: user, Transport: transportTCP, Address: c.socket.RemoteAddr().String(),
		GroupCount: uint32(len(groups)), Groups: groups,
	}
}

// client describes a client, or is nil when there is none.
func (c *conn) client(id uint32) wire.Reply {
	c.s.mu.Lock()
	other := c.s.clients[id]
	c.s.mu.Unlock()
	if other == nil {
		return nil
	}
	out := other.describe()
	return &out
}

func (c *conn) clients() wire.Reply {
	c.s.mu.Lock()
	all := slices.SortedFunc(maps.Values(c.s.clients), func(a, b *conn) int { return cmp.Compare(a.id, b.id) })
	c.s.mu.Unlock()
	out := wire.Clients{}
	for _, other := range all {
		d := other.describe()
		d.Groups = nil
		out = append(out, d)
	}
	return &out
}

// stats describes the process and what it keeps. What Go does not tell is zero.
func (s *Server) stats() wire.Reply {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	s.mu.Lock()
	clients := len(s.clients)
	s.mu.Unlock()
	out := &wire.Stats{
		Process: uint32(os.Getpid()), Memory: memory.Sys, Threads: uint32(runtime.NumGoroutine()),
		StartTime: wire.MicrosOf(s.started), RunTime: wire.Micros(s.options.Now().Sub(s.started).Microseconds()),
		Clients: uint32(clients), Host: host, OS: runtime.GOOS, OSVersion: "iggy-flow development broker", Kernel: runtime.GOARCH,
		ServerVersion: Version, ServerSemver: semver,
	}
	var disk unix.Statfs_t
	if err := unix.Statfs(s.options.Data, &disk); err == nil {
		out.FreeDisk, out.TotalDisk = disk.Bavail*uint64(disk.Bsize), disk.Blocks*uint64(disk.Bsize)
	}
	s.catalog.Count(out)
	return out
}
