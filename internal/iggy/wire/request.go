package wire

// Request is one of the types of this package that a client sends: Bare, or a pointer to one of the structs below.
type Request interface{ Command() Command }

// Bare is a request without a body: Ping, GetStats, GetCluster, GetMe, GetClients, GetUsers, Logout, GetTokens, GetStreams.
type Bare Command

// OnStream is a request that names a stream and says no more: GetStream, DeleteStream, PurgeStream, GetTopics.
type OnStream struct {
	Do     Command
	Stream Identifier
}

// OnTopic is a request that names a topic and says no more: GetTopic, DeleteTopic, PurgeTopic, GetGroups.
type OnTopic struct {
	Do            Command
	Stream, Topic Identifier
}

// OnGroup is a request that names a group and says no more: GetGroup, DeleteGroup, JoinGroup, LeaveGroup.
type OnGroup struct {
	Do                   Command
	Stream, Topic, Group Identifier
}

// OnUser is a request that names a user and says no more: GetUser, DeleteUser.
type OnUser struct {
	Do   Command
	User Identifier
}

// OnClient is GetClient.
type OnClient struct{ ID uint32 }

// Login is LoginUser.
type Login struct{ Username, Password, Version, Context string }

// TokenLogin is LoginToken.
type TokenLogin struct{ Token string }

// NewUser is CreateUser.
type NewUser struct {
	Username, Password string
	Status             UserStatus
	Permissions        []byte // in the server's encoding; nil for none
}

// ChangedUser is UpdateUser; what is zero stays as it is.
type ChangedUser struct {
	User     Identifier
	Username string
	Status   UserStatus
}

// ChangedPermissions is UpdatePermissions.
type ChangedPermissions struct {
	User        Identifier
	Permissions []byte // nil for none
}

// ChangedPassword is ChangePassword.
type ChangedPassword struct {
	User     Identifier
	Old, New string
}

// NewToken is CreateToken. An Expiry of 0 or Never has none.
type NewToken struct {
	Name   string
	Expiry Micros
}

// OldToken is DeleteToken.
type OldToken struct{ Name string }

// NewStream is CreateStream.
type NewStream struct{ Name string }

// ChangedStream is UpdateStream.
type ChangedStream struct {
	Stream Identifier
	Name   string
}

// TopicSettings are what a topic may be created with.
type TopicSettings struct {
	Compression uint8  // 1 none, 2 gzip: a label, the server compresses nothing
	Expiry      Micros // ServerDefault, Never, or how long messages are kept
	MaxSize     uint64 // bytes; 0 is the server's default, the highest value is no limit
	Replication uint8
}

// NewTopic is CreateTopic.
type NewTopic struct {
	Stream     Identifier
	Partitions uint32 // 0 to 1000
	Settings   TopicSettings
	Name       string
}

// ChangedTopic is UpdateTopic.
type ChangedTopic struct {
	Stream, Topic Identifier
	Settings      TopicSettings
	Name          string
}

// SomePartitions is CreatePartitions or DeletePartitions.
type SomePartitions struct {
	Do            Command
	Stream, Topic Identifier
	Count         uint32
}

// SomeSegments is DeleteSegments: the oldest Count segments of a partition.
type SomeSegments struct {
	Stream, Topic Identifier
	Partition     uint32
	Count         uint32
}

// FlushPartition is Flush: the server writes what it holds in memory, and with Sync forces it to disk.
type FlushPartition struct {
	Stream, Topic Identifier
	Partition     uint32
	Sync          bool
}

// NewGroup is CreateGroup.
type NewGroup struct {
	Stream, Topic Identifier
	Name          string
}

// Poll is PollMessages.
type Poll struct {
	Consumer      Consumer
	Stream, Topic Identifier
	Partition     Partition // none: of a group the server chooses, of a single consumer it is 0
	Strategy      Strategy
	Count         uint32 // 0 asks for the partition and its last offset alone
	AutoCommit    bool   // store the last offset within the poll
}

// Send is SendMessages. All messages go to one partition.
type Send struct {
	Stream, Topic Identifier
	Partitioning  Partitioning
	Messages      Messages
}

// OnOffset is GetOffset, StoreOffset or DeleteOffset; only the second has an Offset.
type OnOffset struct {
	Do            Command
	Consumer      Consumer
	Stream, Topic Identifier
	Partition     Partition
	Offset        uint64 // the last one processed
}

// Command returns the code.
func (r Bare) Command() Command { return Command(r) }

// Command returns the code.
func (r *OnStream) Command() Command { return r.Do }

// Command returns the code.
func (r *OnTopic) Command() Command { return r.Do }

// Command returns the code.
func (r *OnGroup) Command() Command { return r.Do }

// Command returns the code.
func (r *OnUser) Command() Command { return r.Do }

// Command returns the code.
func (r *OnClient) Command() Command { return GetClient }

// Command returns the code.
func (r *Login) Command() Command { return LoginUser }

// Command returns the code.
func (r *TokenLogin) Command() Command { return LoginToken }

// Command returns the code.
func (r *NewUser) Command() Command { return CreateUser }

// Command returns the code.
func (r *ChangedUser) Command() Command { return UpdateUser }

// Command returns the code.
func (r *ChangedPermissions) Command() Command { return UpdatePermissions }

// Command returns the code.
func (r *ChangedPassword) Command() Command { return ChangePassword }

// Command returns the code.
func (r *NewToken) Command() Command { return CreateToken }

// Command returns the code.
func (r *OldToken) Command() Command { return DeleteToken }

// Command returns the code.
func (r *NewStream) Command() Command { return CreateStream }

// Command returns the code.
func (r *ChangedStream) Command() Command { return UpdateStream }

// Command returns the code.
func (r *NewTopic) Command() Command { return CreateTopic }

// Command returns the code.
func (r *ChangedTopic) Command() Command { return UpdateTopic }

// Command returns the code.
func (r *SomePartitions) Command() Command { return r.Do }

// Command returns the code.
func (r *SomeSegments) Command() Command { return DeleteSegments }

// Command returns the code.
func (r *FlushPartition) Command() Command { return Flush }

// Command returns the code.
func (r *NewGroup) Command() Command { return CreateGroup }

// Command returns the code.
func (r *Poll) Command() Command { return PollMessages }

// Command returns the code.
func (r *Send) Command() Command { return SendMessages }

// Command returns the code.
func (r *OnOffset) Command() Command { return r.Do }
