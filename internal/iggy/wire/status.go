package wire

import (
	"errors"
	"fmt"
)

// ErrAbsent says that a reply was empty: what the request asked for does not exist.
var ErrAbsent = errors.New("the server has no such thing")

// Status is the result code of a reply. All but OK are errors.
type Status uint32

// The codes that a client or a server of ours branches on.
const (
	OK                   Status = 0
	GeneralError         Status = 1
	InvalidCommand       Status = 3
	InvalidFormat        Status = 4
	FeatureUnavailable   Status = 5
	InvalidIdentifier    Status = 6
	Disconnected         Status = 8
	ResourceNotFound     Status = 20
	StaleClient          Status = 30
	Unauthenticated      Status = 40
	Unauthorized         Status = 41
	InvalidCredentials   Status = 42
	InvalidUsername      Status = 43
	InvalidPassword      Status = 44
	InvalidUserStatus    Status = 45
	UserAlreadyExists    Status = 46
	UserInactive         Status = 47
	CannotDeleteUser     Status = 48
	InvalidTokenName     Status = 50
	TokenAlreadyExists   Status = 51
	TokensLimitReached   Status = 52
	InvalidToken         Status = 53
	TokenExpired         Status = 54
	UsersLimitReached    Status = 55
	ClientNotFound       Status = 100
	StreamIDNotFound     Status = 1009
	StreamNameNotFound   Status = 1010
	StreamNameExists     Status = 1012
	InvalidStreamName    Status = 1013
	TopicIDNotFound      Status = 2010
	TopicNameNotFound    Status = 2011
	TopicNameExists      Status = 2013
	InvalidTopicName     Status = 2014
	TooManyPartitions    Status = 2015
	InvalidReplication   Status = 2018
	PartitionNotFound    Status = 3007
	NoPartitions         Status = 3008
	TopicFull            Status = 3009
	OffsetNotFound       Status = 3021
	NotResolvedConsumer  Status = 3022
	InvalidMessagesCount Status = 4009
	TooBigHeaders        Status = 4017
	InvalidHeaderKey     Status = 4018
	InvalidHeaderValue   Status = 4019
	TooBigPayload        Status = 4022
	InvalidPayloadLength Status = 4025
	InvalidKeyLength     Status = 4028
	NonZeroOffset        Status = 4031
	NonZeroTimestamp     Status = 4032
	InvalidIndexesCount  Status = 4035
	InvalidMessagesSize  Status = 4036
	TooSmallMessage      Status = 4037
	InvalidOffset        Status = 4100
	GroupIDNotFound      Status = 5000
	GroupNameNotFound    Status = 5003
	GroupNameExists      Status = 5004
	InvalidGroupName     Status = 5005
	GroupMemberNotFound  Status = 5006
)

// statusTexts are in the words of the server's documentation.
func (s Status) text() string {
	switch s {
	case OK:
		return "ok"
	case GeneralError:
		return "error"
	case InvalidCommand:
		return "invalid command"
	case InvalidFormat:
		return "invalid format"
	case FeatureUnavailable:
		return "feature unavailable"
	case InvalidIdentifier:
		return "invalid identifier"
	case Disconnected:
		return "disconnected"
	case ResourceNotFound:
		return "resource not found"
	case StaleClient:
		return "stale client"
	case Unauthenticated:
		return "not logged in"
	case Unauthorized:
		return "not allowed for this user"
	case InvalidCredentials:
		return "wrong user name or password"
	case InvalidUsername:
		return "invalid user name"
	case InvalidPassword:
		return "invalid password"
	case InvalidUserStatus:
		return "invalid user status"
	case UserAlreadyExists:
		return "user exists"
	case UserInactive:
		return "user is inactive"
	case CannotDeleteUser:
		return "user cannot be deleted"
	case InvalidTokenName:
		return "invalid token name"
	case TokenAlreadyExists:
		return "token exists"
	case TokensLimitReached:
		return "user has too many tokens"
	case InvalidToken:
		return "unknown personal access token"
	case TokenExpired:
		return "personal access token has expired"
	case UsersLimitReached:
		return "too many users"
	case ClientNotFound:
		return "client not found"
	}
	return s.textOfData()
}

func (s Status) textOfData() string {
	switch s {
	case StreamIDNotFound, StreamNameNotFound:
		return "stream not found"
	case StreamNameExists:
		return "stream exists"
	case InvalidStreamName:
		return "invalid stream name"
	case TopicIDNotFound, TopicNameNotFound:
		return "topic not found"
	case TopicNameExists:
		return "topic exists"
	case InvalidTopicName:
		return "invalid topic name"
	case TooManyPartitions:
		return "too many partitions"
	case InvalidReplication:
		return "invalid replication factor"
	case PartitionNotFound:
		return "partition not found"
	case NoPartitions:
		return "topic has no partitions"
	case TopicFull:
		return "topic is full"
	case OffsetNotFound:
		return "consumer offset not found"
	case NotResolvedConsumer:
		return "partition belongs to another member of the consumer group"
	case InvalidMessagesCount:
		return "invalid number of messages"
	case TooBigHeaders:
		return "user headers are too big"
	case InvalidHeaderKey:
		return "invalid header key"
	case InvalidHeaderValue:
		return "invalid header value"
	case TooBigPayload:
		return "payload is too big"
	case InvalidPayloadLength:
		return "invalid payload length"
	case InvalidKeyLength:
		return "invalid length of the partitioning key"
	case NonZeroOffset:
		return "offset is set by the client"
	case NonZeroTimestamp:
		return "timestamp is set by the client"
	case InvalidIndexesCount:
		return "invalid indexes"
	case InvalidMessagesSize:
		return "invalid size of the messages"
	case TooSmallMessage:
		return "message is too small"
	case InvalidOffset:
		return "invalid offset"
	case GroupIDNotFound, GroupNameNotFound:
		return "consumer group not found"
	case GroupNameExists:
		return "consumer group exists"
	case InvalidGroupName:
		return "invalid consumer group name"
	case GroupMemberNotFound:
		return "not a member of the consumer group"
	}
	return "unknown error"
}

// Error returns what the code means and the code, such as "topic not found (2010)".
func (s Status) Error() string { return fmt.Sprintf("%s (%d)", s.text(), uint32(s)) }

// Retryable reports whether the same request may succeed later or over a new, logged-in connection that has joined its groups
// again.
func (s Status) Retryable() bool {
	switch s {
	case Disconnected, StaleClient, Unauthenticated, ClientNotFound, GroupMemberNotFound, NotResolvedConsumer, TopicFull:
		return true
	}
	return false
}
