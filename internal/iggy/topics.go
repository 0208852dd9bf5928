package iggy

import (
	"context"
	"errors"

	"github.com/iggy-flow/iggy-flow/engine/retry"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// exists turns the absence of something into false.
func exists(err error) (bool, error) {
	if errors.Is(err, wire.ErrAbsent) {
		return false, nil
	}
	return err == nil, err
}

// Topic returns the state of a topic and its partitions. A missing stream is an error with StreamIDNotFound, a missing topic
// one with TopicIDNotFound; both are permanent.
func (c *Client) Topic(ctx context.Context, stream, topic wire.Identifier) (wire.Topic, error) {
	var t wire.Topic
	r := &wire.OnTopic{Do: wire.GetTopic, Stream: stream, Topic: topic}
	err := c.Do(ctx, r, &t)
	found, err := exists(err)
	if found || err != nil {
		return t, err
	}
	var s wire.Stream
	switch found, err := exists(c.Do(ctx, &wire.OnStream{Do: wire.GetStream, Stream: stream}, &s)); {
	case err != nil:
		return t, err
	case !found:
		return t, classed(refused(describe(r), wire.StreamIDNotFound))
	}
	return t, classed(refused(describe(r), wire.TopicIDNotFound))
}

// ensureRounds is how often something is created that has gone again when it is looked up: stream, topic, and some patience.
const ensureRounds = 8

// EnsureTopic returns the topic that r names, and creates it, and its stream, where they are missing. A topic that exists stays as
// it is. r.Stream has to be a name where the stream may be missing.
func (c *Client) EnsureTopic(ctx context.Context, r *wire.NewTopic) (wire.Topic, error) {
	for round := 0; ; round++ {
		t, err := c.Topic(ctx, r.Stream, wire.Name(r.Name))
		switch status := StatusOf(err); {
		case round == ensureRounds:
			return t, err
		case status == wire.StreamIDNotFound && r.Stream.Name != "":
			err = c.ensure(ctx, &wire.NewStream{Name: r.Stream.Name}, wire.StreamNameExists)
		case status == wire.TopicIDNotFound:
			err = c.ensure(ctx, r, wire.TopicNameExists)
		default:
			return t, err
		}
		if err != nil {
			return t, err
		}
	}
}

// ensure creates something. That somebody was faster, or that the answer was lost, is no error: the caller looks again.
func (c *Client) ensure(ctx context.Context, r wire.Request, exists wire.Status) error {
	err := c.Do(ctx, r, nil)
	if StatusOf(err) == exists || OutcomeUnknown(err) && ctx.Err() == nil {
		return nil
	}
	return err
}

// ensureGroup creates a consumer group where it is missing and that is allowed.
func (c *Client) ensureGroup(ctx context.Context, g *wire.OnGroup, create bool) error {
	var group wire.Group
	look := *g
	look.Do = wire.GetGroup
	found, err := exists(c.Do(ctx, &look, &group))
	switch {
	case found || err != nil:
		return err
	case !create || g.Group.Name == "":
		return retry.Permanent(refused(describe(g), wire.GroupNameNotFound))
	}
	return c.ensure(ctx, &wire.NewGroup{Stream: g.Stream, Topic: g.Topic, Name: g.Group.Name}, wire.GroupNameExists)
}
