package wire

import "strconv"

// Identifier names a stream, topic, group, consumer or user: by its name, or by its number when Name is empty.
type Identifier struct {
	Name   string
	Number uint32
}

// ID returns the identifier of a number.
func ID(number uint32) Identifier { return Identifier{Number: number} }

// Name returns the identifier of a name of 1 to 255 bytes.
func Name(name string) Identifier { return Identifier{Name: name} }

// String returns the name, or the number in decimal.
func (id Identifier) String() string {
	if id.Name != "" {
		return id.Name
	}
	return strconv.FormatUint(uint64(id.Number), 10)
}

// ConsumerKind tells a single consumer from a consumer group.
type ConsumerKind uint8

// The kinds of consumers.
const (
	SingleConsumer ConsumerKind = 1
	GroupConsumer  ConsumerKind = 2
)

// Consumer is who polls and whose offsets are stored.
type Consumer struct {
	Kind ConsumerKind
	ID   Identifier
}

// PartitioningKind says how the server chooses the partition of a send request.
type PartitioningKind uint8

// The kinds of partitioning.
const (
	BalancedPartitions PartitioningKind = 1 // round robin by the server, for each request
	OnePartition       PartitioningKind = 2
	PartitionOfKey     PartitioningKind = 3 // by a hash of the key
)

// Partitioning chooses the partition that all messages of a send request go to.
type Partitioning struct {
	Kind      PartitioningKind
	Partition uint32 // of OnePartition
	Key       []byte // of PartitionOfKey, 1 to 255 bytes
}

// Balanced lets the server choose in turn.
func Balanced() Partitioning { return Partitioning{Kind: BalancedPartitions} }

// ToPartition chooses the partition of that number; the first is 0.
func ToPartition(n uint32) Partitioning { return Partitioning{Kind: OnePartition, Partition: n} }

// ByKey chooses the partition by a key of 1 to 255 bytes.
func ByKey(key []byte) Partitioning { return Partitioning{Kind: PartitionOfKey, Key: key} }

// Partition is an optional partition number.
type Partition struct {
	Number uint32
	Given  bool
}

// OfPartition gives a partition by number; the zero Partition gives none.
func OfPartition(n uint32) Partition { return Partition{Number: n, Given: true} }

// StrategyKind says where a poll begins.
type StrategyKind uint8

// The kinds of strategies.
const (
	ByOffset    StrategyKind = 1
	ByTimestamp StrategyKind = 2
	First       StrategyKind = 3
	Last        StrategyKind = 4 // the final messages of the partition, as many as asked for
	Next        StrategyKind = 5 // behind the stored offset
)

// Strategy is where a poll begins; Value is an offset or a timestamp in microseconds.
type Strategy struct {
	Kind  StrategyKind
	Value uint64
}

// FromOffset begins at an offset.
func FromOffset(offset uint64) Strategy { return Strategy{Kind: ByOffset, Value: offset} }

// FromTimestamp begins at the first message that the server took at or after t.
func FromTimestamp(t Micros) Strategy { return Strategy{Kind: ByTimestamp, Value: uint64(t)} }
