package wire

// Codec is the client's half of a version of the protocol. It is stateless and safe for concurrent use.
//
// Decoders take bytes from outside: none of them panics, and none allocates more than a small multiple of its body.
type Codec interface {
	// Version names the servers that speak this protocol, such as "0.8".
	Version() string

	// AppendRequest appends the whole frame of r. The error is for what has no layout: an empty name, a text that is too
	// long, messages over the limits. It borrows r.
	AppendRequest(dst []byte, r Request) ([]byte, error)

	// ReplyHeaderSize is how many bytes begin a reply.
	ReplyHeaderSize() int

	// ReplyHeader reads the beginning of a reply: its status and how many bytes of body follow.
	ReplyHeader(header []byte) (Status, int)

	// DecodeReply reads the body of a reply with status OK into r, which borrows body where its type says so. An empty body
	// where r has fields is ErrAbsent: the server answers so for a stream, topic, group, client or offset that it lacks.
	DecodeReply(body []byte, r Reply) error
}
