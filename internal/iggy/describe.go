package iggy

import (
	"fmt"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// describe says what r does, for errors. It is called when something has failed.
func describe(r wire.Request) string {
	switch r := r.(type) {
	case *wire.Poll:
		return fmt.Sprintf("poll %s/%s", r.Stream, r.Topic)
	case *wire.Send:
		return fmt.Sprintf("send %d messages to %s/%s", r.Messages.Len(), r.Stream, r.Topic)
	case *wire.OnOffset:
		return fmt.Sprintf("%s of consumer %s in %s/%s", offsetVerb(r), r.Consumer.ID, r.Stream, r.Topic)
	case *wire.OnStream:
		return fmt.Sprintf("%s %s", verb(r.Do), r.Stream)
	case *wire.OnTopic:
		return fmt.Sprintf("%s %s/%s", verb(r.Do), r.Stream, r.Topic)
	case *wire.OnGroup:
		return fmt.Sprintf("%s %s of %s/%s", verb(r.Do), r.Group, r.Stream, r.Topic)
	case *wire.NewStream:
		return "create stream " + r.Name
	case *wire.NewTopic:
		return fmt.Sprintf("create topic %s/%s", r.Stream, r.Name)
	case *wire.NewGroup:
		return fmt.Sprintf("create consumer group %s of %s/%s", r.Name, r.Stream, r.Topic)
	}
	return verb(r.Command())
}

func offsetVerb(r *wire.OnOffset) string {
	what := map[wire.Command]string{wire.GetOffset: "get", wire.StoreOffset: "store", wire.DeleteOffset: "delete"}[r.Do]
	if r.Do == wire.StoreOffset {
		return fmt.Sprintf("store offset %d", r.Offset)
	}
	return what + " the offset"
}

func verb(do wire.Command) string {
	switch do {
	case wire.Ping:
		return "ping"
	case wire.GetStats:
		return "get stats"
	case wire.GetStream:
		return "look up stream"
	case wire.GetTopic:
		return "look up topic"
	case wire.GetTopics:
		return "list topics of"
	case wire.GetGroup:
		return "look up consumer group"
	case wire.GetGroups:
		return "list consumer groups of"
	case wire.JoinGroup:
		return "join consumer group"
	case wire.LeaveGroup:
		return "leave consumer group"
	case wire.DeleteStream:
		return "delete stream"
	case wire.DeleteTopic:
		return "delete topic"
	case wire.DeleteGroup:
		return "delete consumer group"
	case wire.PurgeStream:
		return "purge stream"
	case wire.PurgeTopic:
		return "purge topic"
	}
	return fmt.Sprintf("command %d", do)
}
