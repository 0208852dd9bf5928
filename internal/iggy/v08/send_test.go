package v08_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/internal/iggy/v08"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// one is a single message.
func one(payload string) wire.Messages {
	return wire.Messages{Data: []byte(payload), Start: []int32{0}, End: []int32{int32(len(payload))}}
}

// twoMessages are "hello" with a header and "hi" without one, as a sender holds them.
func twoMessages(t testing.TB) wire.Messages {
	headers, err := wire.AppendHeader(nil, wire.Header{KeyKind: wire.HeaderString, Key: []byte("k"), ValueKind: wire.HeaderUint16, Value: []byte{1, 2}})
	if err != nil {
		t.Fatal(err)
	}
	return wire.Messages{
		Data: []byte("hellohi"), Start: []int32{0, 5}, End: []int32{5, 7},
		HeaderData: headers, HeaderStart: []int32{0, 13}, HeaderEnd: []int32{13, 13},
		ID:     []wire.MessageID{{1, 2, 3, 15: 16}, {}},
		Origin: []wire.Micros{0x0102, 0x0304},
	}
}

const encodedMessages = `
	0000000000000000 01020300000000000000000000000010 0000000000000000 0000000000000000 0201000000000000
	0d000000 05000000 0000000000000000
	'hello'
	02 01000000 'k' 0a 02000000 0102
	0000000000000000 00000000000000000000000000000000 0000000000000000 0000000000000000 0403000000000000
	00000000 02000000 0000000000000000
	'hi'`

const sendBody = `
	15000000                          ; bytes up to the indexes
	02 06 'orders'
	01 04 03000000
	03 01 'k'                         ; by key
	02000000                          ; two messages
	00000000 52000000 0000000000000000
	00000000 94000000 0000000000000000` + encodedMessages

func TestLayoutOfSend(t *testing.T) {
	r := &wire.Send{Stream: orders, Topic: three, Partitioning: wire.ByKey([]byte("k")), Messages: twoMessages(t)}
	body := unhex(t, sendBody)
	want := append(unhex(t, `d1000000 65000000`), body...)
	got, err := v08.Codec{}.AppendRequest(nil, r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(hex.Dump(want), hex.Dump(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	back, err := v08.DecodeRequest(wire.SendMessages, body)
	if err != nil {
		t.Fatal(err)
	}
	sent := back.(*wire.Send)
	checkMessages(t, &sent.Messages)
	sent.Messages = r.Messages
	if diff := cmp.Diff(r, sent); diff != "" {
		t.Errorf("decoded (-want +got):\n%s", diff)
	}
}

func TestLayoutOfPartitionings(t *testing.T) {
	for _, test := range []struct {
		how  wire.Partitioning
		want string
	}{
		{wire.Balanced(), `01 00`},
		{wire.ToPartition(258), `02 04 02010000`},
		{wire.ByKey([]byte{9, 8}), `03 02 0908`},
	} {
		got, err := v08.Codec{}.AppendRequest(nil, &wire.Send{Stream: three, Topic: three, Partitioning: test.how, Messages: one("x")})
		if err != nil {
			t.Fatal(err)
		}
		want := unhex(t, test.want)
		if got = got[24:]; !bytes.HasPrefix(got, want) {
			t.Errorf("%v: % x, want % x", test.how, got[:len(want)], want)
		}
	}
}

// checkMessages holds decoded messages against twoMessages.
func checkMessages(t *testing.T, m *wire.Messages) {
	t.Helper()
	want := twoMessages(t)
	if m.Len() != want.Len() {
		t.Fatalf("%d messages, want %d", m.Len(), want.Len())
	}
	for i := range want.Start {
		if !bytes.Equal(m.Payload(i), want.Payload(i)) || !bytes.Equal(m.Headers(i), want.Headers(i)) || m.ID[i] != want.ID[i] || m.Origin[i] != want.Origin[i] {
			t.Errorf("message %d: %q, % x, % x, %d", i, m.Payload(i), m.Headers(i), m.ID[i], m.Origin[i])
		}
	}
}

func TestSendsThatAreRefused(t *testing.T) {
	le := binary.LittleEndian
	for _, test := range []struct {
		name   string
		change func(b []byte) []byte
		want   wire.Status
	}{
		{"metadata is longer than its length", func(b []byte) []byte { b[0]--; return b }, wire.InvalidCommand},
		{"no messages", func(b []byte) []byte { le.PutUint32(b[21:], 0); return b }, wire.InvalidMessagesCount},
		{"more indexes than bytes", func(b []byte) []byte { le.PutUint32(b[21:], 1<<31); return b }, wire.InvalidIndexesCount},
		{"an index with an offset", func(b []byte) []byte { b[25] = 1; return b }, wire.NonZeroOffset},
		{"an index with a timestamp", func(b []byte) []byte { b[25+8] = 1; return b }, wire.NonZeroTimestamp},
		{"a wrong position", func(b []byte) []byte { b[25+4]++; return b }, wire.InvalidMessagesSize},
		{"a payload beyond the end", func(b []byte) []byte { le.PutUint32(b[57+52:], 0xffffffff); return b }, wire.InvalidMessagesSize},
		{"headers beyond the end", func(b []byte) []byte { le.PutUint32(b[57+48:], 0xffffffff); return b }, wire.InvalidMessagesSize},
		{"bytes behind the last message", func(b []byte) []byte { return append(b, 0) }, wire.InvalidMessagesSize},
		{"a cut message", func(b []byte) []byte { return b[:len(b)-3] }, wire.TooSmallMessage},
		{"an empty key", func(b []byte) []byte { b[19] = 0; return b }, wire.InvalidKeyLength},
	} {
		_, err := v08.DecodeRequest(wire.SendMessages, test.change(unhex(t, sendBody)))
		if statusOf(err) != test.want {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
	empty := unhex(t, `12000000 01 04 00000000 01 04 00000000 01 00 01000000 00000000 40000000 0000000000000000`)
	if _, err := v08.DecodeRequest(wire.SendMessages, append(empty, make([]byte, 64)...)); statusOf(err) != wire.InvalidPayloadLength {
		t.Errorf("an empty payload: %v", err)
	}
}

func TestChecksumIsXXH3OfAllBehindIt(t *testing.T) {
	message := unhex(t, encodedMessages)[82:]
	v08.Seal(message)
	h := v08.ReadHeader(message)
	// XXH3_64bits of the reference implementation (libxxhash 0.8.1) over the 58 bytes behind the field.
	if want := uint64(0x2ac67cffd8fe60b1); h.Checksum != want || v08.Checksum(message) != want {
		t.Errorf("checksum %x, want %x", h.Checksum, want)
	}
	message[10]++
	if v08.Checksum(message) == h.Checksum {
		t.Error("the checksum does not cover the id")
	}
}

func TestHeaderWritesWhatItReads(t *testing.T) {
	want := v08.Header{Checksum: 1, ID: wire.MessageID{2}, Offset: 3, Timestamp: 4, Origin: 5, Headers: 6, Payload: 7}
	b := bytes.Repeat([]byte{0xff}, 70)
	want.Put(b)
	if diff := cmp.Diff(want, v08.ReadHeader(b)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if size := want.Size(); size != 64+6+7 {
		t.Errorf("size %d", size)
	}
	if !bytes.Equal(b[56:64], make([]byte, 8)) || b[64] != 0xff {
		t.Errorf("reserved bytes % x", b[56:])
	}
}
