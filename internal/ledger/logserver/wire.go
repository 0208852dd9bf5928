package logserver

// Request is one line of JSON from a client.
type Request struct {
	Op        string `json:"op"` // one of those below
	Member    int64  `json:"member,omitempty"`
	Partition int    `json:"partition,omitempty"`
	// Assignment of a partition that is given up; Offset that is read from or stored; Records that are appended.
	Assignment int64 `json:"assignment,omitempty"`
	Offset     int64 `json:"offset,omitempty"`
	Max        int   `json:"max,omitempty"`
	Records    int64 `json:"records,omitempty"`
}

// The operations.
const (
	opJoin    = "join"    // makes a member; its connection's end is its leaving
	opOwned   = "owned"   // the partitions of a member; also says that it lives
	opRead    = "read"    // records of a partition from an offset on, by anyone
	opStored  = "stored"  // the offset that the group has stored
	opStore   = "store"   // stores one
	opRelease = "release" // gives up a partition that is to move
	opAppend  = "append"  // makes more records of every partition visible
	opMove    = "move"    // asks a partition's owner to give it up, for another member
	opSteal   = "steal"   // gives a partition to another member, whose owner is not asked
	opStatus  = "status"
)

// Response is one line of JSON from the server.
type Response struct {
	Error  string   `json:"error,omitempty"`
	Member int64    `json:"member,omitempty"`
	Owned  []Owned  `json:"owned,omitempty"`
	Offset int64    `json:"offset"` // -1 for none
	Lines  []string `json:"lines,omitempty"`
	Status Status   `json:"status"`
}

// Owned is a partition of a member.
type Owned struct {
	Partition  int   `json:"partition"`
	Assignment int64 `json:"assignment"` // another one whenever the owner changes
	Revoked    bool  `json:"revoked"`    // it is to be given up
}

// Status is what the server has seen.
type Status struct {
	Members int     `json:"members"`
	Ends    []int64 `json:"ends"`   // by partition: behind the last visible record
	Stored  []int64 `json:"stored"` // by partition: the greatest offset that was ever stored
	Moves   int64   `json:"moves"`  // of partitions, from one member to another
	Forgot  int64   `json:"forgot"` // answers with an offset of long ago
	Expired int64   `json:"expired"`
}
