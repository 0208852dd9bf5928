package iggy

import (
	"time"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/internal/iggy/connect"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Config is what a document says under iggy.
type Config struct {
	connect.Config

	Stream        dsl.Text   `flow:"stream,required" doc:"Name of the stream."`
	Topic         []dsl.Text `flow:"topic,required" doc:"Names of the topics; all are of the one stream."`
	Consumer      dsl.Text   `flow:"consumer" doc:"Name of a consumer that has its partitions alone. Either this or consumer_group."`
	ConsumerGroup dsl.Text   `flow:"consumer_group" doc:"Name of a group that shares the partitions among all replicas of this document. Either this or consumer."`
	CreateGroup   bool       `flow:"create_group" doc:"Creates the consumer group where it is missing."`
	Partitions    []int      `flow:"partitions,min=0" doc:"Partitions that a consumer reads, the first is 0; all by default, those added later too."`
	Start         dsl.Text   `flow:"start" doc:"Where a partition begins that nobody has read yet: next (behind the stored offset, else first), first, last (only what comes from now on), an offset, or a time such as 2026-01-31T12:00:00Z."`

	BatchSize    int           `flow:"batch_size,min=1,max=1000000" doc:"Most messages of one poll. Polls of large messages ask for fewer."`
	PollInterval time.Duration `flow:"poll_interval,min=1ms,max=1m" doc:"Longest pause between two polls of a partition that has nothing new; the first pauses are shorter."`
	MaxRecord    dsl.Size      `flow:"max_record,min=1B,max=1GiB" doc:"The largest record; a longer one is rejected."`
	Dedupe       string        `flow:"dedupe,one_of=none|origin" doc:"origin drops messages that an iggy output has sent twice, by the header iggy-flow-origin. It needs a consumer, since what was seen is kept in the state."`
	OnGap        string        `flow:"on_gap,one_of=fail|continue" doc:"What becomes of a pipeline whose next messages the server has removed already: it stops, or says how many are missing and goes on."`
}

// Register adds the iggy input to r.
func Register(r *engine.Registry) {
	engine.AddInput(r, engine.InputSpec[Config]{
		Name:    "iggy",
		Summary: "Reads topics of Apache Iggy.",
		Description: "Each message is a record in the document's `format`. An offset is stored only behind a checkpoint whose records every target has, so that nothing is lost when the process dies. " +
			"With a `consumer_group` any number of replicas share the partitions: the positions in the targets say which records are there already, and replicas need no state of their own. " +
			"With a `consumer` the state directory has the positions, and processors may keep state.\n\n" +
			"A broker that lost its tail, and a topic that was deleted and created again, are found by the last message's id, time and checksum, and stop the pipeline instead of being skipped over. " +
			"With `dedupe: origin`, messages that an `iggy` output has sent again after a crash or a lost answer are dropped and counted, so that the chain of the two pipelines is effectively once. " +
			"Each partition remembers the last record of each split of each pipeline that writes to it, 1,000 of them; beyond that, the one seen longest ago is forgotten, and repeats of it would pass. Messages without the header pass. " +
			"What is remembered begins empty where the state does: a start with `--fresh`, or behind an offset that only the server has stored, drops what it has seen itself.\n\n" +
			"Servers of version 0.8 are spoken to.",
		Since:    "0.1.0",
		Defaults: Config{Config: connect.Defaults(), CreateGroup: true, Start: dsl.Text{Value: startNext}, BatchSize: 1000, PollInterval: 50 * time.Millisecond, MaxRecord: 16 << 20, OnGap: onGapFail, Dedupe: "none"},
		Examples: []dsl.Example{
			{Title: "A consumer group, for any number of replicas", Document: groupExample},
			{Title: "A consumer with partitions of its own", Document: consumerExample},
		},
		Bytes:  true,
		Replay: engine.Replayable,
		Splits: engine.SharedSplits,
		Conditions: []string{
			"The topic keeps messages until they are committed; what retention removes before is reported, not hidden.",
			"The broker keeps its tail: a topic with `enforce_fsync`, or a machine that does not lose power. A lost tail is detected.",
		},
		Meta: []schemas.Field{
			{Name: "stream", Type: schemas.Of(schemas.String), Doc: "name of the stream"},
			{Name: "topic", Type: schemas.Of(schemas.String), Doc: "name of the topic"},
			{Name: "partition", Type: schemas.Of(schemas.Int64), Doc: "number of the partition, from 0"},
			{Name: "offset", Type: schemas.Of(schemas.Int64), Doc: "offset of the message in its partition, from 0"},
			{Name: "id", Type: schemas.Of(schemas.UUID), Doc: "id of the message, 128 bits"},
			{Name: "timestamp", Type: schemas.Of(schemas.Timestamp), Doc: "when the server took the message"},
			{Name: "origin_timestamp", Type: schemas.Of(schemas.Timestamp), Doc: "when its sender made it"},
			{Name: "checksum", Type: schemas.Of(schemas.Uint64), Doc: "the server's checksum of the message"},
			{Name: "headers", Type: schemas.Of(schemas.JSON), Doc: "user headers, each a field of its type; null where there are none"},
		},
		New: newInput,
	})
}

// The values of start and on_gap that the code asks for.
const (
	startNext  = "next"
	startFirst = "first"
	startLast  = "last"

	onGapFail = "fail"

	dedupeOrigin = "origin"
)

const groupExample = `name: orders
input:
  iggy:
    username: iggy
    password: ${IGGY_PASSWORD:iggy}
    stream: shop
    topic: orders
    consumer_group: orders
  schema: {fields: {id: int64, status: string}}
processors:
  - filter: status == "paid"
output: {stdout: {}}
`

const consumerExample = `name: audit
input:
  iggy:
    address: [10.0.0.1:8090, 10.0.0.2:8090]
    token_file: iggy.token
    tls: {ca_file: ca.pem}
    stream: shop
    topic: [orders, refunds]
    consumer: audit
    start: first
  schema: {fields: {id: int64}}
processors:
  - set: {read_from: 'meta.topic + "/" + string(meta.partition)'}
output: {stdout: {}}
`
