package iggy

import (
	"context"
	"time"

	"github.com/iggy-flow/iggy-flow/engine/codec"
	iggyclient "github.com/iggy-flow/iggy-flow/internal/iggy"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// What is looked at to infer a schema: the first messages of each partition, up to these limits in all.
const (
	sampleBytes = 8 << 20
	sampleCount = 500 // messages of one poll
	samplePause = 100 * time.Millisecond
)

// Sample implements engine.Sampler. Without a message it waits for the first ones.
func (in *input) Sample(ctx context.Context, atRest bool) (_ *schemas.Schema, err error) {
	if atRest {
		return nil, nil
	}
	look := &input{config: in.config, env: in.env}
	look.config.ConsumerGroup = in.config.Consumer // looking joins no group
	if look.pool, err = iggyclient.DialPool(ctx, in.config.Client(in.env.Log), 1); err != nil {
		return nil, err
	}
	defer look.pool.Close()
	for {
		sample, err := look.sample(ctx)
		if err != nil {
			return nil, err
		}
		if len(sample) > 0 {
			padded := make([]byte, len(sample), len(sample)+codec.Padding)
			copy(padded, sample)
			s, err := in.env.Format.Infer(padded, true, codec.SampleLimits{})
			if err != nil || s != nil && s.Len() > 0 {
				return s, err
			}
		}
		select {
		case <-time.After(samplePause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// sample is the first messages, each on a line.
func (in *input) sample(ctx context.Context) (sample []byte, err error) {
	for _, name := range in.config.Topic {
		t := &topic{stream: in.config.Stream.Value, name: name.Value}
		_, partitions, err := in.look(ctx, t)
		if err != nil {
			return nil, err
		}
		for _, p := range in.wanted(partitions) {
			s := &split{topic: t, partition: p}
			from := wire.Strategy{Kind: wire.First}
			for len(sample) < sampleBytes {
				var b iggyclient.Batch
				if err := in.poll(ctx, s, from, sampleCount, &b); err != nil {
					return nil, err
				}
				for i := range b.Len() {
					sample = appendLine(sample, b.Payload(i))
				}
				if b.Len() < sampleCount {
					break
				}
				from = wire.FromOffset(b.Offset[b.Len()-1] + 1)
			}
		}
	}
	return sample, nil
}

// appendLine appends a message; a line end within it is white space, or no JSON text.
func appendLine(dst, message []byte) []byte {
	for _, c := range message {
		if c == '\n' {
			c = ' '
		}
		dst = append(dst, c)
	}
	return append(dst, '\n')
}
