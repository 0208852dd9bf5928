package logserver

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Config is what a server is like.
type Config struct {
	Partitions int
	Seed       uint64
	Forgetful  bool                                     // stored offsets are sometimes old ones, or none
	Record     func(partition int, offset int64) string // the line of each record
}

// server is a log under way.
type server struct {
	config Config
	mu     sync.Mutex
	group  *group
}

// Serve answers the connections of l until ctx is done.
func Serve(ctx context.Context, l net.Listener, c Config) error {
	s := &server{config: c, group: newGroup(c.Partitions, c.Seed, c.Forgetful)}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		<-ctx.Done()
		return l.Close()
	})
	for {
		conn, err := l.Accept()
		if err != nil {
			if waited := g.Wait(); waited != nil {
				return waited
			}
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("accept: %w", err)
		}
		g.Go(func() error {
			s.serve(ctx, conn)
			return nil
		})
	}
}

// serve answers one connection until it ends; its members leave then.
func (s *server) serve(ctx context.Context, conn net.Conn) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // ends the scan below
	defer stop()
	defer conn.Close()
	var members []int64
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, m := range members {
			s.group.leave(m)
		}
	}()
	lines, answers := bufio.NewScanner(conn), json.NewEncoder(conn)
	for lines.Scan() {
		var q Request
		answer := Response{}
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			answer.Error = err.Error()
		} else {
			answer = s.answer(q)
		}
		if answer.Member != 0 {
			members = append(members, answer.Member)
		}
		if answers.Encode(answer) != nil {
			return // the client has gone
		}
	}
}

func (s *server) answer(q Request) (a Response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, now := s.group, time.Now()
	g.expire(now)
	if q.Partition < 0 || q.Partition >= len(g.partitions) {
		return Response{Error: fmt.Sprintf("there is no partition %d", q.Partition)}
	}
	switch q.Op {
	case opJoin:
		a.Member = g.join(now)
	case opOwned:
		var err error
		if a.Owned, err = g.owned(q.Member, now); err != nil {
			a.Error = err.Error()
		}
	case opRead:
		end := min(g.partitions[q.Partition].end, q.Offset+int64(q.Max))
		for o := max(q.Offset, 0); o < end; o++ {
			a.Lines = append(a.Lines, s.config.Record(q.Partition, o))
		}
	case opStored:
		a.Offset = g.stored(q.Partition)
	case opStore:
		g.store(q.Partition, q.Offset)
	case opRelease:
		g.release(q.Member, q.Partition, q.Assignment)
	case opAppend:
		for _, p := range g.partitions {
			p.end += q.Records
		}
	case opMove:
		g.move(q.Partition)
	case opSteal:
		g.steal(q.Partition)
	case opStatus:
		a.Status = g.report()
	default:
		a.Error = fmt.Sprintf("there is no operation %q", q.Op)
	}
	return a
}
