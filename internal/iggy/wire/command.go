package wire

// Command is the code of a request.
type Command uint32

// The commands that have a layout here.
const (
	Ping              Command = 1
	GetStats          Command = 10
	GetCluster        Command = 12
	GetMe             Command = 20
	GetClient         Command = 21
	GetClients        Command = 22
	GetUser           Command = 31
	GetUsers          Command = 32
	CreateUser        Command = 33
	DeleteUser        Command = 34
	UpdateUser        Command = 35
	UpdatePermissions Command = 36
	ChangePassword    Command = 37
	LoginUser         Command = 38
	Logout            Command = 39
	GetTokens         Command = 41
	CreateToken       Command = 42
	DeleteToken       Command = 43
	LoginToken        Command = 44
	PollMessages      Command = 100
	SendMessages      Command = 101
	Flush             Command = 102
	GetOffset         Command = 120
	StoreOffset       Command = 121
	DeleteOffset      Command = 122
	GetStream         Command = 200
	GetStreams        Command = 201
	CreateStream      Command = 202
	DeleteStream      Command = 203
	UpdateStream      Command = 204
	PurgeStream       Command = 205
	GetTopic          Command = 300
	GetTopics         Command = 301
	CreateTopic       Command = 302
	DeleteTopic       Command = 303
	UpdateTopic       Command = 304
	PurgeTopic        Command = 305
	CreatePartitions  Command = 402
	DeletePartitions  Command = 403
	DeleteSegments    Command = 503
	GetGroup          Command = 600
	GetGroups         Command = 601
	CreateGroup       Command = 602
	DeleteGroup       Command = 603
	JoinGroup         Command = 604
	LeaveGroup        Command = 605
)
