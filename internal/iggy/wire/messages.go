package wire

// Limits of one message in every version.
const (
	MaxPayload = 10_000_000 // bytes of a payload, which is never empty
	MaxHeaders = 100_000    // bytes of the user headers of one message
)

// MessageID is a message's u128, little-endian as on the wire. Zero lets the server draw one.
type MessageID [16]byte

// Messages are messages in columns: the payloads and the user headers are spans of one buffer each, so that a reply is read
// without a copy, and an Arrow array is sent without one. Slices that a sender leaves nil stand for zero values; a receiver
// finds all of them filled, each as long as Start.
type Messages struct {
	Data       []byte  // holds the payloads
	Start, End []int32 // payload i is Data[Start[i]:End[i]]; the halves of Arrow offsets will do

	HeaderData             []byte // holds the user headers; nil when there are none
	HeaderStart, HeaderEnd []int32

	ID     []MessageID
	Origin []Micros // when the sender made it

	// What the server adds. A sender's values are not sent.
	Offset    []uint64
	Timestamp []Micros // when the server took it
	Checksum  []uint64
}

// Len is the number of messages.
func (m *Messages) Len() int { return len(m.Start) }

// Payload returns the payload of message i, a view.
func (m *Messages) Payload(i int) []byte { return m.Data[m.Start[i]:m.End[i]:m.End[i]] }

// Headers returns the encoded user headers of message i, a view; see [EachHeader].
func (m *Messages) Headers(i int) []byte {
	if m.HeaderStart == nil {
		return nil
	}
	return m.HeaderData[m.HeaderStart[i]:m.HeaderEnd[i]:m.HeaderEnd[i]]
}

// Reset empties m for use as a decoder's target; its columns keep their memory.
func (m *Messages) Reset() {
	*m = Messages{
		Start: m.Start[:0], End: m.End[:0], HeaderStart: m.HeaderStart[:0], HeaderEnd: m.HeaderEnd[:0],
		ID: m.ID[:0], Origin: m.Origin[:0], Offset: m.Offset[:0], Timestamp: m.Timestamp[:0], Checksum: m.Checksum[:0],
	}
}
