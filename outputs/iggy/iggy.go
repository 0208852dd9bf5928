package iggy

import (
	"time"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/retry"
	"github.com/iggy-flow/iggy-flow/internal/iggy/connect"
)

// Config is what a document says under iggy.
type Config struct {
	connect.Config

	Stream      dsl.Text                `flow:"stream" doc:"Name of the stream. Either this or stream_route."`
	StreamRoute dsl.Expression          `flow:"stream_route" doc:"An expression over the record that names the stream."`
	Topic       dsl.Text                `flow:"topic" doc:"Name of the topic that all records go to. Either this or route."`
	Route       dsl.Expression          `flow:"route" doc:"An expression over the record that names the topic it goes to; a record without a name is rejected."`
	OnMissing   string                  `flow:"on_missing,one_of=create|fail" doc:"What becomes of a stream or topic that does not exist: it is created, or the pipeline stops."`
	MaxTopics   int                     `flow:"max_topics,min=1,max=100000" doc:"How many topics the output writes to at most; records for further ones are rejected."`
	Create      Create                  `flow:"create" doc:"What topics are like that the output creates."`
	Key         dsl.Expression          `flow:"key" doc:"An expression over the record, a string: records of one key go to one partition, the one that the server chooses for that messages key. Null is as without a key."`
	Partition   dsl.Expression          `flow:"partition" doc:"An expression over the record, a whole number: the partition it goes to, from 0. Without key and partition, stretches of the input go to the partitions in turn, always the same ones."`
	Headers     dsl.Map[dsl.Expression] `flow:"headers" doc:"User headers, each by an expression over the record; one that is null is left out."`
	Origin      bool                    `flow:"origin" doc:"Writes the header iggy-flow-origin, by which dedupe: origin of the iggy input drops messages that were sent twice."`
	Batch       Batch                   `flow:"batch" doc:"How many messages a request has."`
	Retry       retry.Config            `flow:"retry" doc:"How a send is tried again that the server could not take."`
}

// Create says what new topics are like.
type Create struct {
	Partitions  int           `flow:"partitions,min=1,max=1000" doc:"Number of partitions."`
	Expiry      time.Duration `flow:"expiry,min=0s" doc:"How long messages are kept; by default for ever."`
	MaxSize     dsl.Size      `flow:"max_size" doc:"Size beyond which the oldest messages are removed; the server's default otherwise."`
	Compression string        `flow:"compression,one_of=none|gzip" doc:"What the topic says of its compression."`
	Replication int           `flow:"replication,min=1,max=255" doc:"Replication factor."`
}

// Batch says how many messages a request has.
type Batch struct {
	Messages int           `flow:"messages,min=1,max=1000000" doc:"Most messages of one request."`
	Bytes    dsl.Size      `flow:"bytes,min=1KiB,max=64MiB" doc:"About the most bytes of one request."`
	Linger   time.Duration `flow:"linger,min=0s,max=10s" doc:"How long a request waits for more messages. Without it one is sent as soon as the one before is confirmed."`
}

// Register adds the iggy output to r.
func Register(r *engine.Registry) {
	engine.AddOutput(r, engine.OutputSpec[Config]{
		Name:    "iggy",
		Summary: "Writes records to topics of Apache Iggy.",
		Description: "Each record is a message, in the document's `format`. A checkpoint waits until the server has confirmed every message. Apache Iggy drops no repeats: what was sent behind the last checkpoint before a crash is sent again, " +
			"and so is a request whose answer was lost. A message's id is made of the origin of its record, and is the same when it comes again; with `origin`, so is a header, and a pipeline that reads the topic with `dedupe: origin` sees each record once.\n\n" +
			"Records of one partition keep their order. A record larger than the server takes (10 MB) is rejected.",
		Since:     "0.1.0",
		Defaults:  defaults,
		Guarantee: engine.AppendOnly,
		Conditions: []string{
			"The broker keeps what it has confirmed: it writes to disk a moment later, unless the topic has `enforce_fsync`.",
			"The number of partitions stays: a repeat meets the partition of the first message only then.",
		},
		Bytes: true,
		Examples: []dsl.Example{
			{Title: "One topic, by customer", Document: keyed},
			{Title: "A topic for each region", Document: routed},
		},
		New: newOutput,
	})
}

var defaults = Config{
	Config: connect.Defaults(), OnMissing: onMissingCreate, MaxTopics: 1000, Origin: true,
	Create: Create{Partitions: 1, Compression: "none", Replication: 1},
	Batch:  Batch{Messages: 1000, Bytes: 1 << 20},
	Retry:  retry.Defaults(),
}

const onMissingCreate = "create"

const keyed = `name: orders-by-customer
input:
  file: orders.ndjson
  schema: {fields: {id: int64, customer: string, region: string}}
output:
  iggy:
    username: iggy
    password: ${IGGY_PASSWORD:iggy}
    stream: shop
    topic: orders
    key: customer
    headers: {source: '"file"', region: region}
    create: {partitions: 4}
`

const routed = `name: orders-by-region
input:
  file: orders.ndjson
  schema: {fields: {id: int64, customer: string, region: string}}
output:
  iggy:
    token_file: iggy.token
    stream: shop
    route: '"orders_" + lower(region)'
    batch: {messages: 5000, linger: 5ms}
`
