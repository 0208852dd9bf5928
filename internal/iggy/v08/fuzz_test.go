package v08_test

import (
	"bytes"
	"testing"

	"github.com/iggy-flow/iggy-flow/internal/iggy/v08"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// FuzzRequest: a frame of any bytes is a request or an error with a status; what is a request encodes to the same bytes.
func FuzzRequest(f *testing.F) {
	for _, test := range layouts {
		f.Add(unhex(f, test.frame))
	}
	f.Add(append(unhex(f, `d1000000 65000000`), unhex(f, sendBody)...))
	f.Fuzz(func(t *testing.T, frame []byte) {
		if len(frame) < v08.RequestHeaderSize {
			return
		}
		do, size, err := v08.RequestHeader(frame)
		if err != nil || size != len(frame)-8 {
			return
		}
		r, err := v08.DecodeRequest(do, frame[8:])
		if err != nil {
			if statusOf(err) == wire.OK {
				t.Errorf("an error without a status: %v", err)
			}
			return
		}
		if send, ok := r.(*wire.Send); ok {
			walk(t, &send.Messages)
		}
		again, err := v08.Codec{}.AppendRequest(nil, r)
		if err != nil {
			t.Fatalf("%#v cannot be encoded: %v", r, err)
		}
		if want, exact := canonical(frame, r); exact && !bytes.Equal(want, again) {
			t.Errorf("% x\nbecame % x", want, again)
		}
	})
}

// canonical is frame without what a request carries and a decoder drops. It is not exact for the trailing byte of UpdateUser.
func canonical(frame []byte, r wire.Request) ([]byte, bool) {
	want := bytes.Clone(frame)
	switch r := r.(type) {
	case *wire.Send:
		start := len(want) - len(r.Messages.Data)
		for _, at := range r.Messages.Start {
			header := want[start+int(at)-v08.HeaderSize:]
			clear(header[:8])    // checksum
			clear(header[24:40]) // offset and timestamp
			clear(header[56:64]) // reserved
		}
	case *wire.ChangedUser:
		return nil, false
	}
	return want, true
}

// walk reads everything that m refers to.
func walk(t *testing.T, m *wire.Messages) {
	for i := range m.Len() {
		if len(m.Payload(i)) > len(m.Data) {
			t.Errorf("message %d is longer than its buffer", i)
		}
		_ = wire.EachHeader(m.Headers(i), func(h wire.Header) bool {
			if _, err := wire.AppendHeader(nil, h); err != nil {
				t.Errorf("header %v was read and cannot be written: %v", h, err)
			}
			return true
		})
	}
}

// FuzzReply: a body of any bytes is a reply of its type or an error; what is a reply encodes to the same bytes.
func FuzzReply(f *testing.F) {
	for i, test := range replies {
		f.Add(uint8(i), unhex(f, test.body))
	}
	batch := uint8(len(replies))
	f.Add(batch, append(unhex(f, `05000000 0900000000000000 02000000`), unhex(f, encodedMessages)...))
	f.Fuzz(func(t *testing.T, kind uint8, body []byte) {
		if kind = kind % (batch + 1); kind == batch {
			var b wire.Batch
			if (v08.Codec{}).DecodeReply(body, &b) == nil {
				walk(t, &b.Messages)
			}
			return
		}
		r := like(replies[kind].reply)
		if err := (v08.Codec{}).DecodeReply(body, r); err != nil || len(body) == 0 {
			return
		}
		again, err := v08.AppendReply(nil, r)
		if err != nil {
			t.Fatalf("%+v cannot be encoded: %v", r, err)
		}
		if !bytes.Equal(body, again[8:]) {
			t.Errorf("% x\nbecame % x", body, again[8:])
		}
	})
}
