package iggy

import (
	"strconv"
	"time"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// Validate reports what the types cannot.
func (c Config) Validate(at dsl.Node) source.Diagnostics {
	ds := c.Check(at)
	consumer, group := c.Consumer.Value != "", c.ConsumerGroup.Value != ""
	switch {
	case consumer && group:
		ds = append(ds, source.Diagnostic{
			Code: "iggy-consumer", Range: c.Consumer.Range, Found: "both `consumer` and `consumer_group`", Expected: "one of them",
			Fix: "remove `consumer` to share the partitions among replicas",
		})
	case !consumer && !group:
		ds = append(ds, source.Diagnostic{
			Code: "iggy-consumer", Range: c.Stream.Range, Found: "neither `consumer` nor `consumer_group`", Expected: "one of them: the server stores offsets by it",
			Fix: "add `consumer_group: NAME` for any number of replicas, or `consumer: NAME` for one process",
		})
	case group && len(c.Partitions) > 0:
		ds = append(ds, source.Diagnostic{
			Code: "iggy-consumer", Range: at.Field("partitions").Range, Found: "`partitions` beside `consumer_group`", Expected: "`consumer`: the server shares a group's partitions out",
			Fix: "write `consumer` in the place of `consumer_group`, or remove `partitions`",
		})
	}
	if group && c.Dedupe == dedupeOrigin {
		ds = append(ds, source.Diagnostic{
			Code: "iggy-dedupe", Range: at.Field("dedupe").Range, Found: "`dedupe: origin` beside `consumer_group`",
			Expected: "`consumer`: what was seen is state, which does not move with a partition from one replica to another",
			Fix:      "write `consumer` in the place of `consumer_group`, or remove `dedupe`",
		})
	}
	if _, err := parseStart(c.Start.Value); err != nil {
		ds = append(ds, source.Diagnostic{
			Code: "iggy-start", Range: c.Start.Range, Found: "start is `" + c.Start.Value + "`", Expected: "next, first, last, an offset, or a time in RFC 3339, such as 2026-01-31T12:00:00Z",
		})
	}
	for _, name := range append([]dsl.Text{c.Stream}, c.Topic...) {
		if len(name.Value) == 0 || len(name.Value) > 255 {
			ds = append(ds, source.Diagnostic{Code: "iggy-name", Range: name.Range, Found: "a name of " + strconv.Itoa(len(name.Value)) + " bytes", Expected: "1 to 255 bytes"})
		}
	}
	seen := map[string]bool{}
	for _, t := range c.Topic {
		if seen[t.Value] {
			ds = append(ds, source.Diagnostic{Code: "iggy-name", Range: t.Range, Found: "the topic `" + t.Value + "` is named twice", Fix: "remove one"})
		}
		seen[t.Value] = true
	}
	return ds
}

// parseStart reads where a partition begins; Next stands for behind the stored offset.
func parseStart(text string) (wire.Strategy, error) {
	switch text {
	case startNext:
		return wire.Strategy{Kind: wire.Next}, nil
	case startFirst:
		return wire.Strategy{Kind: wire.First}, nil
	case startLast:
		return wire.Strategy{Kind: wire.Last}, nil
	}
	if n, err := strconv.ParseUint(text, 10, 63); err == nil {
		return wire.FromOffset(n), nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	return wire.FromTimestamp(wire.MicrosOf(t)), err
}
