package iggytest_test

import (
	"fmt"

	iggcon "github.com/apache/iggy/foreign/go/contracts"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

func sdkStream(s iggcon.Stream) wire.Stream {
	return wire.Stream{ID: s.Id, Created: wire.Micros(s.CreatedAt), TopicCount: s.TopicsCount, Size: s.SizeBytes, Messages: s.MessagesCount, Name: s.Name}
}

func sdkTopic(t iggcon.Topic) wire.Topic {
	return wire.Topic{
		ID: t.Id, Created: wire.Micros(t.CreatedAt), PartitionCount: t.PartitionsCount, Size: t.Size, Messages: t.MessagesCount, Name: t.Name,
		Settings: wire.TopicSettings{
			Compression: t.CompressionAlgorithm, Expiry: wire.Micros(t.MessageExpiry), MaxSize: t.MaxTopicSize, Replication: t.ReplicationFactor,
		},
	}
}

func (p *sdkPeer) streams(r wire.Request, reply wire.Reply) error {
	details := func(s *iggcon.StreamDetails, err error) error {
		if err == nil {
			out := reply.(*wire.Stream)
			*out = sdkStream(s.Stream)
			for _, t := range s.Topics {
				out.Topics = append(out.Topics, sdkTopic(t))
			}
		}
		return err
	}
	switch r := r.(type) {
	case *wire.NewStream:
		return details(p.CreateStream(r.Name))
	case *wire.ChangedStream:
		return p.UpdateStream(ident(r.Stream), r.Name)
	case *wire.OnStream:
		switch r.Do {
		case wire.GetStream:
			return details(p.GetStream(ident(r.Stream)))
		case wire.DeleteStream:
			return p.DeleteStream(ident(r.Stream))
		case wire.GetTopics:
			list, err := p.GetTopics(ident(r.Stream))
			for _, t := range list {
				out := reply.(*wire.Topics)
				*out = append(*out, sdkTopic(t))
			}
			return err
		}
	}
	return errNotOffered
}

func (p *sdkPeer) topics(r wire.Request, reply wire.Reply) error {
	details := func(t *iggcon.TopicDetails, err error) error {
		if err == nil {
			out := reply.(*wire.Topic)
			*out = sdkTopic(t.Topic)
			for _, v := range t.Partitions {
				out.Partitions = append(out.Partitions, wire.PartitionInfo{
					ID: v.Id, Created: wire.Micros(v.CreatedAt), Segments: v.SegmentsCount, Current: v.CurrentOffset, Size: v.SizeBytes, Messages: v.MessagesCount,
				})
			}
		}
		return err
	}
	switch r := r.(type) {
	case *wire.NewTopic:
		s := r.Settings
		return details(p.CreateTopic(ident(r.Stream), r.Name, r.Partitions, iggcon.CompressionAlgorithm(s.Compression), iggcon.Duration(s.Expiry), s.MaxSize, replication(s)))
	case *wire.ChangedTopic:
		s := r.Settings
		return p.UpdateTopic(ident(r.Stream), ident(r.Topic), r.Name, iggcon.CompressionAlgorithm(s.Compression), iggcon.Duration(s.Expiry), s.MaxSize, replication(s))
	case *wire.SomePartitions:
		if r.Do == wire.CreatePartitions {
			return p.CreatePartitions(ident(r.Stream), ident(r.Topic), r.Count)
		}
		return p.DeletePartitions(ident(r.Stream), ident(r.Topic), r.Count)
	case *wire.OnTopic:
		switch r.Do {
		case wire.GetTopic:
			return details(p.GetTopic(ident(r.Stream), ident(r.Topic)))
		case wire.DeleteTopic:
			return p.DeleteTopic(ident(r.Stream), ident(r.Topic))
		case wire.GetGroups:
			list, err := p.GetConsumerGroups(ident(r.Stream), ident(r.Topic))
			for _, g := range list {
				out := reply.(*wire.Groups)
				*out = append(*out, sdkGroup(g))
			}
			return err
		}
	}
	return errNotOffered
}

func replication(s wire.TopicSettings) *uint8 {
	if s.Replication == 0 {
		return nil
	}
	return &s.Replication
}

func sdkGroup(g iggcon.ConsumerGroup) wire.Group {
	return wire.Group{ID: g.Id, PartitionCount: g.PartitionsCount, MemberCount: g.MembersCount, Name: g.Name}
}

func (p *sdkPeer) groups(r wire.Request, reply wire.Reply) error {
	details := func(g *iggcon.ConsumerGroupDetails, err error) error {
		if err == nil {
			out := reply.(*wire.Group)
			*out = sdkGroup(g.ConsumerGroup)
			for _, m := range g.Members {
				out.Members = append(out.Members, wire.Member{ID: m.ID, Partitions: m.Partitions})
			}
		}
		return err
	}
	switch r := r.(type) {
	case *wire.NewGroup:
		return details(p.CreateConsumerGroup(ident(r.Stream), ident(r.Topic), r.Name))
	case *wire.OnGroup:
		switch r.Do {
		case wire.GetGroup:
			return details(p.GetConsumerGroup(ident(r.Stream), ident(r.Topic), ident(r.Group)))
		case wire.DeleteGroup:
			return p.DeleteConsumerGroup(ident(r.Stream), ident(r.Topic), ident(r.Group))
		case wire.JoinGroup:
			return p.JoinConsumerGroup(ident(r.Stream), ident(r.Topic), ident(r.Group))
		case wire.LeaveGroup:
			return p.LeaveConsumerGroup(ident(r.Stream), ident(r.Topic), ident(r.Group))
		}
	}
	return errNotOffered
}

func sdkConsumer(c wire.Consumer) iggcon.Consumer {
	if c.Kind == wire.GroupConsumer {
		return iggcon.NewGroupConsumer(ident(c.ID))
	}
	return iggcon.NewSingleConsumer(ident(c.ID))
}

func sdkPartition(p wire.Partition) *uint32 {
	if !p.Given {
		return nil
	}
	return &p.Number
}

func (p *sdkPeer) messages(r wire.Request, reply wire.Reply) error {
	switch r := r.(type) {
	case *wire.Send:
		return p.sendMessages(r)
	case *wire.Poll:
		polled, err := p.PollMessages(ident(r.Stream), ident(r.Topic), sdkConsumer(r.Consumer), iggcon.NewPollingStrategy(iggcon.MessagePolling(r.Strategy.Kind), r.Strategy.Value), r.Count, r.AutoCommit, sdkPartition(r.Partition))
		if err != nil {
			return err
		}
		return fillBatch(reply.(*wire.Batch), polled)
	case *wire.OnOffset:
		switch r.Do {
		case wire.StoreOffset:
			return p.StoreConsumerOffset(sdkConsumer(r.Consumer), ident(r.Stream), ident(r.Topic), r.Offset, sdkPartition(r.Partition))
		case wire.DeleteOffset:
			return p.DeleteConsumerOffset(sdkConsumer(r.Consumer), ident(r.Stream), ident(r.Topic), sdkPartition(r.Partition))
		}
		o, err := p.GetConsumerOffset(sdkConsumer(r.Consumer), ident(r.Stream), ident(r.Topic), sdkPartition(r.Partition))
		if err == nil && o == nil {
			return wire.ErrAbsent
		}
		if err == nil {
			*reply.(*wire.StoredOffset) = wire.StoredOffset{Partition: o.PartitionId, Current: o.CurrentOffset, Stored: o.StoredOffset}
		}
		return err
	}
	return errNotOffered
}

func (p *sdkPeer) sendMessages(r *wire.Send) error {
	to := iggcon.None()
	switch r.Partitioning.Kind {
	case wire.OnePartition:
		to = iggcon.PartitionId(r.Partitioning.Partition)
	case wire.PartitionOfKey:
		var err error
		if to, err = iggcon.EntityIdBytes(r.Partitioning.Key); err != nil {
			return err
		}
	}
	var list []iggcon.IggyMessage
	for i := range r.Messages.Len() {
		var options []iggcon.IggyMessageOpt
		if r.Messages.ID != nil {
			options = append(options, iggcon.WithID(r.Messages.ID[i]))
		}
		if encoded := r.Messages.Headers(i); len(encoded) > 0 {
			headers, err := iggcon.DeserializeHeaders(encoded)
			if err != nil {
				return err
			}
			options = append(options, iggcon.WithUserHeaders(headers))
		}
		m, err := iggcon.NewIggyMessage(r.Messages.Payload(i), options...)
		if err != nil {
			return err
		}
		if r.Messages.Origin != nil {
			m.Header.OriginTimestamp = uint64(r.Messages.Origin[i])
		}
		list = append(list, m)
	}
	return p.SendMessages(ident(r.Stream), ident(r.Topic), to, list)
}

// fillBatch puts what the SDK polled into columns. Headers go through the SDK's own decoder and encoder.
func fillBatch(b *wire.Batch, polled *iggcon.PolledMessage) error {
	b.Reset()
	b.Partition, b.Current = polled.PartitionId, polled.CurrentOffset
	if int(polled.MessageCount) != len(polled.Messages) {
		return fmt.Errorf("%d messages announced, %d read", polled.MessageCount, len(polled.Messages))
	}
	for _, m := range polled.Messages {
		headers, err := iggcon.DeserializeHeaders(m.UserHeaders)
		if err != nil {
			return err
		}
		b.Start = append(b.Start, int32(len(b.Data)))
		b.Data = append(b.Data, m.Payload...)
		b.End = append(b.End, int32(len(b.Data)))
		b.HeaderStart = append(b.HeaderStart, int32(len(b.HeaderData)))
		b.HeaderData = append(b.HeaderData, iggcon.GetHeadersBytes(headers)...)
		b.HeaderEnd = append(b.HeaderEnd, int32(len(b.HeaderData)))
		b.ID = append(b.ID, wire.MessageID(m.Header.Id))
		b.Origin = append(b.Origin, wire.Micros(m.Header.OriginTimestamp))
		b.Offset = append(b.Offset, m.Header.Offset)
		b.Timestamp = append(b.Timestamp, wire.Micros(m.Header.Timestamp))
		b.Checksum = append(b.Checksum, m.Header.Checksum)
	}
	return nil
}
