package wire

// Reply is a pointer to one of the types below. A nil Reply is an empty one: the answer to every command that only does
// something, or the absence of what was asked for.
type Reply interface{ reply() }

// Identity answers both logins.
type Identity struct{ User uint32 }

// Stats answers GetStats.
type Stats struct {
	Process                            uint32
	CPU, TotalCPU                      float32 // percent
	Memory, TotalMemory, FreeMemory    uint64
	RunTime, StartTime                 Micros
	ReadBytes, WrittenBytes, SizeBytes uint64
	Streams, Topics                    uint32
	Partitions, Segments               uint32
	Messages                           uint64
	Clients, Groups                    uint32
	Host, OS, OSVersion, Kernel        string
	ServerVersion                      string // such as "0.8.0"
	ServerSemver                       uint32 // such as 8000: major x 1,000,000 + minor x 1,000 + patch
	Caches                             []Cache
	Threads                            uint32
	FreeDisk, TotalDisk                uint64
}

// Cache is how often the memory of one partition was enough.
type Cache struct {
	Stream, Topic, Partition uint32
	Hits, Misses             uint64
	Ratio                    float32
}

// Cluster answers GetCluster.
type Cluster struct {
	Name  string
	Nodes []Node
}

// Node is a server of a cluster.
type Node struct {
	Name, IP                   string
	TCP, QUIC, HTTP, WebSocket uint16 // ports
	Role                       uint8  // 0 leader, 1 follower
	Status                     uint8  // 0 healthy, 1 starting, 2 stopping, 3 unreachable, 4 maintenance
}

// Client answers GetMe and GetClient.
type Client struct {
	ID, User   uint32
	Transport  uint8 // 1 TCP, 2 QUIC
	Address    string
	GroupCount uint32
	Groups     []ClientGroup // only in an answer about one client
}

// ClientGroup is a group that a client is a member of.
type ClientGroup struct{ Stream, Topic, Group uint32 }

// Clients answers GetClients.
type Clients []Client

// UserStatus says whether a user may log in.
type UserStatus uint8

// The states of a user.
const (
	UserActive   UserStatus = 1
	UserDisabled UserStatus = 2
)

// User answers GetUser and CreateUser.
type User struct {
	ID          uint32
	Created     Micros
	Status      UserStatus
	Name        string
	Permissions []byte // in the server's encoding; nil for none, and in a list
}

// Users answers GetUsers.
type Users []User

// RawToken answers CreateToken; the server shows the token this once.
type RawToken struct{ Token string }

// Token is a personal access token without its text. An Expiry of 0 has none.
type Token struct {
	Name   string
	Expiry Micros
}

// Tokens answers GetTokens.
type Tokens []Token

// Stream answers GetStream and CreateStream.
type Stream struct {
	ID         uint32
	Created    Micros
	TopicCount uint32
	Size       uint64 // bytes
	Messages   uint64
	Name       string
	Topics     []Topic // not in a list
}

// Streams answers GetStreams.
type Streams []Stream

// Topic answers GetTopic and CreateTopic.
type Topic struct {
	ID             uint32
	Created        Micros
	PartitionCount uint32
	Settings       TopicSettings
	Size           uint64 // bytes
	Messages       uint64
	Name           string
	Partitions     []PartitionInfo // not in a list
}

// Topics answers GetTopics.
type Topics []Topic

// PartitionInfo is the state of one partition.
type PartitionInfo struct {
	ID       uint32
	Created  Micros
	Segments uint32
	Current  uint64 // offset of the last message; 0 also when there is none, then Messages is 0
	Size     uint64 // bytes
	Messages uint64
}

// Group answers GetGroup and CreateGroup.
type Group struct {
	ID             uint32
	PartitionCount uint32
	MemberCount    uint32
	Name           string
	Members        []Member // not in a list
}

// Groups answers GetGroups.
type Groups []Group

// Member is a member of a group. Its ID counts within the group and is not a client's ID.
type Member struct {
	ID         uint32
	Partitions []uint32
}

// StoredOffset answers GetOffset.
type StoredOffset struct {
	Partition uint32
	Current   uint64 // offset of the partition's last message
	Stored    uint64
}

// Batch answers PollMessages: messages of one partition. Messages.Data and HeaderData are the reply's body: the batch is valid
// until that is used again.
type Batch struct {
	Partition uint32
	Current   uint64 // offset of the partition's last message; 0 also when it has none
	Messages
}

// Raw answers PollMessages with messages in the protocol's own encoding: a server sends what it stored without taking it apart.
type Raw struct {
	Partition uint32
	Current   uint64
	Count     uint32
	Messages  []byte
}

func (*Identity) reply()     {}
func (*Stats) reply()        {}
func (*Cluster) reply()      {}
func (*Client) reply()       {}
func (*Clients) reply()      {}
func (*User) reply()         {}
func (*Users) reply()        {}
func (*RawToken) reply()     {}
func (*Tokens) reply()       {}
func (*Stream) reply()       {}
func (*Streams) reply()      {}
func (*Topic) reply()        {}
func (*Topics) reply()       {}
func (*Group) reply()        {}
func (*Groups) reply()       {}
func (*StoredOffset) reply() {}
func (*Batch) reply()        {}
func (*Raw) reply()          {}
