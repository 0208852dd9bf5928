package v08

import (
	"fmt"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// reply walks the body of r.
func (c *coder) reply(r wire.Reply) {
	switch r := r.(type) {
	case *wire.Identity:
		c.u32(&r.User)
	case *wire.StoredOffset:
		c.u32(&r.Partition)
		c.u64(&r.Current)
		c.u64(&r.Stored)
	case *wire.Stream:
		stream(c, r)
		rest(c, &r.Topics, topic)
	case *wire.Streams:
		rest(c, (*[]wire.Stream)(r), stream)
	case *wire.Topic:
		topic(c, r)
		rest(c, &r.Partitions, partitionInfo)
	case *wire.Topics:
		rest(c, (*[]wire.Topic)(r), topic)
	case *wire.Group:
		group(c, r)
		rest(c, &r.Members, member)
	case *wire.Groups:
		rest(c, (*[]wire.Group)(r), group)
	case *wire.Raw:
		c.u32(&r.Partition)
		c.u64(&r.Current)
		c.u32(&r.Count)
		if c.decodes {
			r.Messages = c.take(c.left(), "messages")
		} else {
			c.buf = append(c.buf, r.Messages...)
		}
	default:
		c.systemReply(r)
	}
}

// systemReply walks the replies about the server, its clients and its users.
func (c *coder) systemReply(r wire.Reply) {
	switch r := r.(type) {
	case *wire.Stats:
		c.stats(r)
	case *wire.Cluster:
		c.text32(&r.Name)
		counted(c, &r.Nodes, 18, node)
	case *wire.Client:
		client(c, r)
		rest(c, &r.Groups, clientGroup)
	case *wire.Clients:
		rest(c, (*[]wire.Client)(r), client)
	case *wire.User:
		user(c, r)
		c.blob(&r.Permissions)
	case *wire.Users:
		rest(c, (*[]wire.User)(r), user)
	case *wire.RawToken:
		c.text8(&r.Token, wire.InvalidToken)
	case *wire.Tokens:
		rest(c, (*[]wire.Token)(r), token)
	default:
		c.fail(wire.InvalidCommand, "no layout for %T", r)
	}
}

// batchHead is what stands before polled messages: u32 partition, u64 current offset, u32 count.
const batchHead = 16

// decodeBatch decodes what Raw encodes, message by message. It has no coder: that one would allocate for each poll.
func decodeBatch(body []byte, b *wire.Batch) error {
	b.Reset()
	if len(body) < batchHead {
		return fmt.Errorf("%w: %d bytes where a batch begins", wire.InvalidCommand, len(body))
	}
	b.Partition, b.Current = le.Uint32(body), le.Uint64(body[4:])
	return decodeMessages(body[batchHead:], int(le.Uint32(body[12:])), &b.Messages)
}

func stream(c *coder, s *wire.Stream) {
	c.u32(&s.ID)
	c.micros(&s.Created)
	c.u32(&s.TopicCount)
	c.u64(&s.Size)
	c.u64(&s.Messages)
	c.text8(&s.Name, wire.InvalidStreamName)
}

func topic(c *coder, t *wire.Topic) {
	c.u32(&t.ID)
	c.micros(&t.Created)
	c.u32(&t.PartitionCount)
	c.micros(&t.Settings.Expiry)
	c.u8(&t.Settings.Compression)
	c.u64(&t.Settings.MaxSize)
	c.u8(&t.Settings.Replication)
	c.u64(&t.Size)
	c.u64(&t.Messages)
	c.text8(&t.Name, wire.InvalidTopicName)
}

func partitionInfo(c *coder, p *wire.PartitionInfo) {
	c.u32(&p.ID)
	c.micros(&p.Created)
	c.u32(&p.Segments)
	c.u64(&p.Current)
	c.u64(&p.Size)
	c.u64(&p.Messages)
}

func group(c *coder, g *wire.Group) {
	c.u32(&g.ID)
	c.u32(&g.PartitionCount)
	c.u32(&g.MemberCount)
	c.text8(&g.Name, wire.InvalidGroupName)
}

func member(c *coder, m *wire.Member) {
	c.u32(&m.ID)
	counted(c, &m.Partitions, 4, (*coder).u32)
}

func client(c *coder, v *wire.Client) {
	c.u32(&v.ID)
	c.u32(&v.User)
	c.u8(&v.Transport)
	c.text32(&v.Address)
	c.u32(&v.GroupCount)
}

func clientGroup(c *coder, g *wire.ClientGroup) {
	c.u32(&g.Stream)
	c.u32(&g.Topic)
	c.u32(&g.Group)
}

func user(c *coder, u *wire.User) {
	c.u32(&u.ID)
	c.micros(&u.Created)
	c.userStatus(&u.Status)
	c.text8(&u.Name, wire.InvalidUsername)
}

func token(c *coder, t *wire.Token) {
	c.text8(&t.Name, wire.InvalidTokenName)
	c.micros(&t.Expiry)
}

func node(c *coder, n *wire.Node) {
	c.text32(&n.Name)
	c.text32(&n.IP)
	c.u16(&n.TCP)
	c.u16(&n.QUIC)
	c.u16(&n.HTTP)
	c.u16(&n.WebSocket)
	c.u8(&n.Role)
	c.u8(&n.Status)
}

func cache(c *coder, v *wire.Cache) {
	c.u32(&v.Stream)
	c.u32(&v.Topic)
	c.u32(&v.Partition)
	c.u64(&v.Hits)
	c.u64(&v.Misses)
	c.f32(&v.Ratio)
}

func (c *coder) stats(s *wire.Stats) {
	c.u32(&s.Process)
	c.f32(&s.CPU)
	c.f32(&s.TotalCPU)
	for _, v := range []*uint64{
		&s.Memory, &s.TotalMemory, &s.FreeMemory, (*uint64)(&s.RunTime), (*uint64)(&s.StartTime),
		&s.ReadBytes, &s.WrittenBytes, &s.SizeBytes,
	} {
		c.u64(v)
	}
	for _, v := range []*uint32{&s.Streams, &s.Topics, &s.Partitions, &s.Segments} {
		c.u32(v)
	}
	c.u64(&s.Messages)
	c.u32(&s.Clients)
	c.u32(&s.Groups)
	for _, v := range []*string{&s.Host, &s.OS, &s.OSVersion, &s.Kernel, &s.ServerVersion} {
		c.text32(v)
	}
	c.u32(&s.ServerSemver)
	counted(c, &s.Caches, 32, cache)
	c.u32(&s.Threads)
	c.u64(&s.FreeDisk)
	c.u64(&s.TotalDisk)
}

// AppendReply appends the whole frame of a reply with status OK. A nil r has no body. It borrows r.
func AppendReply(dst []byte, r wire.Reply) ([]byte, error) {
	head := len(dst)
	c := coder{buf: append(dst, 0, 0, 0, 0, 0, 0, 0, 0)}
	if r != nil {
		c.reply(r)
	}
	if c.err != nil {
		return dst, fmt.Errorf("encode reply: %w", c.err)
	}
	le.PutUint32(c.buf[head+4:], uint32(len(c.buf)-head-8))
	return c.buf, nil
}

// AppendError appends the whole frame of a reply that is an error, which has no body.
func AppendError(dst []byte, s wire.Status) []byte {
	return append(le.AppendUint32(dst, uint32(s)), 0, 0, 0, 0)
}
