package access

import (
	"encoding/binary"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// Right is what a request needs.
type Right uint8

// The rights. To manage includes to read; to manage topics includes to send; to read topics includes to poll.
const (
	ManageServers Right = iota
	ReadServers
	ManageUsers
	ReadUsers
	ManageStreams
	ReadStreams
	ManageTopics
	ReadTopics
	Poll
	Send
	rights
)

// implies lists the rights that grant each right, besides itself.
func implies(r Right) []Right {
	switch r {
	case ReadServers:
		return []Right{ManageServers}
	case ReadUsers:
		return []Right{ManageUsers}
	case ReadStreams, ManageTopics:
		return []Right{ManageStreams}
	case ReadTopics:
		return []Right{ManageTopics, ReadStreams, ManageStreams}
	case Poll:
		return []Right{ReadTopics, ManageTopics, ReadStreams, ManageStreams}
	case Send:
		return []Right{ManageTopics, ManageStreams}
	}
	return nil
}

type set [rights]bool

func (s set) grants(r Right) bool {
	if s[r] {
		return true
	}
	for _, other := range implies(r) {
		if s[other] {
			return true
		}
	}
	return false
}

// Permissions are what a user may do everywhere, in a stream, and in a topic.
type Permissions struct {
	global  set
	streams map[uint32]streamRights
}

type streamRights struct {
	own    set
	topics map[uint32]set
}

// flag lists say which right each byte of the encoding stands for.
var (
	globalFlags = [...]Right{ManageServers, ReadServers, ManageUsers, ReadUsers, ManageStreams, ReadStreams, ManageTopics, ReadTopics, Poll, Send}
	streamFlags = [...]Right{ManageStreams, ReadStreams, ManageTopics, ReadTopics, Poll, Send}
	topicFlags  = [...]Right{ManageTopics, ReadTopics, Poll, Send}
)

// Everywhere grants tells whether p allows r in all streams.
func (p *Permissions) Everywhere(r Right) bool { return p != nil && p.global.grants(r) }

// InStream tells whether p allows r in all of a stream.
func (p *Permissions) InStream(r Right, stream uint32) bool {
	return p.Everywhere(r) || p != nil && p.streams[stream].own.grants(r)
}

// InTopic tells whether p allows r in a topic.
func (p *Permissions) InTopic(r Right, stream, topic uint32) bool {
	return p.InStream(r, stream) || p != nil && p.streams[stream].topics[topic].grants(r)
}

// reader walks the encoding: ten flags, then for each stream a 1, its id, six flags, for each of its topics a 1, its id and four
// flags, and a 0 behind the last topic and behind the last stream.
type reader struct {
	data []byte
	bad  bool
}

func (r *reader) take(n int) []byte {
	if len(r.data) < n {
		r.bad = true
		return make([]byte, n)
	}
	out := r.data[:n]
	r.data = r.data[n:]
	return out
}

func (r *reader) flags(list []Right) (s set) {
	for i, b := range r.take(len(list)) {
		s[list[i]] = b == 1
		r.bad = r.bad || b > 1
	}
	return s
}

func (r *reader) more() bool {
	b := r.take(1)[0]
	r.bad = r.bad || b > 1
	return b == 1 && !r.bad
}

func (r *reader) id() uint32 { return binary.LittleEndian.Uint32(r.take(4)) }

// ParsePermissions reads the encoding that requests carry. Nil data means none.
func ParsePermissions(data []byte) (*Permissions, error) {
	if data == nil {
		return nil, nil
	}
	r := &reader{data: data}
	p := &Permissions{global: r.flags(globalFlags[:]), streams: map[uint32]streamRights{}}
	for r.more() {
		id := r.id()
		s := streamRights{own: r.flags(streamFlags[:]), topics: map[uint32]set{}}
		for r.more() {
			topic := r.id()
			s.topics[topic] = r.flags(topicFlags[:])
		}
		p.streams[id] = s
	}
	// Clients leave room behind a last stream or topic that they do not fill: zeros there mean nothing.
	for _, b := range r.data {
		r.bad = r.bad || b != 0
	}
	if r.bad {
		return nil, wire.InvalidFormat
	}
	return p, nil
}
