package iggy_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/iggy-flow/iggy-flow/internal/iggy"
	"github.com/iggy-flow/iggy-flow/internal/iggy/v08"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// FuzzAnswers: whatever bytes a server answers a send and a poll with, both calls end, and what is in the batch can be read.
func FuzzAnswers(f *testing.F) {
	good, err := v08.AppendReply(nil, stored(3, 7, "payload"))
	if err != nil {
		f.Fatal(err)
	}
	for _, frame := range [][]byte{
		nil, good, good[:20], v08.AppendError(nil, wire.StaleClient), v08.AppendError(nil, wire.TopicIDNotFound),
		{0, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f},
	} {
		f.Add(frame)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		server := startFake(t, func(c *fakeConn, r wire.Request) (wire.Reply, error) {
			if r.Command() == wire.PollMessages || r.Command() == wire.SendMessages {
				_, _ = c.Write(frame) // the client may be gone
				return nil, errHangUp
			}
			return nil, nil
		})
		config := server.config()
		config.Retry.MaxElapsed = time.Nanosecond // nothing is repeated
		config.MaxReply = 1 << 20
		client := dial(t, config)
		if err := client.Send(within(t), send("x")); errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("send: %v", err)
		}
		var b iggy.Batch
		err := client.Poll(within(t), poll(0), &b)
		if errors.Is(err, context.DeadlineExceeded) || err != nil && b.Len() > 0 {
			t.Errorf("poll: %d messages, %v", b.Len(), err)
		}
		for i := range b.Len() {
			if n := len(b.Payload(i)) + len(b.Headers(i)); n > len(b.Data) {
				t.Errorf("message %d has %d bytes of %d", i, n, len(b.Data))
			}
		}
	})
}
