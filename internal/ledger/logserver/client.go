package logserver

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// answerDeadline is how long an answer may take: the server is on the loopback.
const answerDeadline = 10 * time.Second

// ErrUnknownMember says that the server has given the member up.
var ErrUnknownMember = errUnknown

// Client is one connection. It is safe for concurrent use.
type Client struct {
	mu      sync.Mutex
	conn    net.Conn
	answers *bufio.Reader
}

// Dial connects to a server.
func Dial(ctx context.Context, address string) (*Client, error) {
	d := net.Dialer{Timeout: answerDeadline}
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connect to the log: %w", err)
	}
	return &Client{conn: conn, answers: bufio.NewReaderSize(conn, 64<<10)}, nil
}

// Close ends the connection; the members that were made over it leave.
func (c *Client) Close() error { return c.conn.Close() }

func (c *Client) call(q Request) (a Response, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	line, err := json.Marshal(q)
	if err != nil {
		return a, err
	}
	if err := c.conn.SetDeadline(time.Now().Add(answerDeadline)); err != nil {
		return a, fmt.Errorf("ask the log to %s: %w", q.Op, err)
	}
	if _, err := c.conn.Write(append(line, '\n')); err != nil {
		return a, fmt.Errorf("ask the log to %s: %w", q.Op, err)
	}
	text, err := c.answers.ReadBytes('\n')
	if err != nil {
		return a, fmt.Errorf("ask the log to %s: %w", q.Op, err)
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return a, fmt.Errorf("ask the log to %s: %w", q.Op, err)
	}
	switch a.Error {
	case "":
		return a, nil
	case errUnknown.Error():
		return a, ErrUnknownMember
	default:
		return a, errors.New(a.Error)
	}
}

// Join makes a member of the group.
func (c *Client) Join() (member int64, err error) {
	a, err := c.call(Request{Op: opJoin})
	return a.Member, err
}

// Owned returns the partitions of a member, and keeps it alive. The error is ErrUnknownMember when it was given up.
func (c *Client) Owned(member int64) ([]Owned, error) {
	a, err := c.call(Request{Op: opOwned, Member: member})
	return a.Owned, err
}

// Read returns at most so many records of a partition from offset on.
func (c *Client) Read(partition int, offset int64, most int) ([]string, error) {
	a, err := c.call(Request{Op: opRead, Partition: partition, Offset: offset, Max: most})
	return a.Lines, err
}

// Stored returns the offset of the first record that the group has not done; -1 for none.
func (c *Client) Stored(partition int) (int64, error) {
	a, err := c.call(Request{Op: opStored, Partition: partition})
	return a.Offset, err
}

// Store stores an offset.
func (c *Client) Store(partition int, offset int64) error {
	_, err := c.call(Request{Op: opStore, Partition: partition, Offset: offset})
	return err
}

// Release gives up a partition that was revoked.
func (c *Client) Release(member int64, partition int, assignment int64) error {
	_, err := c.call(Request{Op: opRelease, Member: member, Partition: partition, Assignment: assignment})
	return err
}

// Append makes so many more records of each partition visible.
func (c *Client) Append(records int64) error {
	_, err := c.call(Request{Op: opAppend, Records: records})
	return err
}

// Move asks the owner of a partition to give it up; Steal does not ask.
func (c *Client) Move(partition int) error {
	_, err := c.call(Request{Op: opMove, Partition: partition})
	return err
}

// Steal gives a partition to another member at once.
func (c *Client) Steal(partition int) error {
	_, err := c.call(Request{Op: opSteal, Partition: partition})
	return err
}

// Status returns what the server has seen.
func (c *Client) Status() (Status, error) {
	a, err := c.call(Request{Op: opStatus})
	return a.Status, err
}
