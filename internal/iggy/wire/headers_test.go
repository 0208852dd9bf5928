package wire_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

func TestHeadersOfEveryKind(t *testing.T) {
	var want []wire.Header
	var data []byte
	for kind := wire.HeaderRaw; kind <= wire.HeaderFloat64; kind++ {
		size := kind.Size()
		if size == 0 {
			size = 3
		}
		value := bytes.Repeat([]byte{byte(kind)}, size)
		for _, h := range []wire.Header{
			{KeyKind: wire.HeaderString, Key: []byte("key"), ValueKind: kind, Value: value},
			{KeyKind: kind, Key: value, ValueKind: wire.HeaderRaw, Value: []byte{0xff}},
		} {
			var err error
			if data, err = wire.AppendHeader(data, h); err != nil {
				t.Fatalf("kind %d: %v", kind, err)
			}
			want = append(want, h)
		}
	}
	var got []wire.Header
	if err := wire.EachHeader(data, func(h wire.Header) bool { got = append(got, h); return true }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLayoutOfAHeader(t *testing.T) {
	got, err := wire.AppendHeader(nil, wire.Header{KeyKind: wire.HeaderString, Key: []byte("key"), ValueKind: wire.HeaderInt16, Value: []byte{1, 2}})
	want := []byte{2, 3, 0, 0, 0, 'k', 'e', 'y', 5, 2, 0, 0, 0, 1, 2}
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("% x, %v; want % x", got, err, want)
	}
}

func TestHeadersThatAreRefused(t *testing.T) {
	good, err := wire.AppendHeader(nil, wire.Header{KeyKind: wire.HeaderString, Key: []byte("k"), ValueKind: wire.HeaderBool, Value: []byte{1}})
	if err != nil {
		t.Fatal(err)
	}
	all := func(wire.Header) bool { return true }
	for n := 1; n < len(good); n++ {
		if err := wire.EachHeader(good[:n], all); err == nil {
			t.Errorf("%d of %d bytes are taken", n, len(good))
		}
	}
	for _, test := range []struct {
		change func(b []byte)
		want   wire.Status
	}{
		{func(b []byte) { b[0] = 0 }, wire.InvalidHeaderKey},
		{func(b []byte) { b[0] = 16 }, wire.InvalidHeaderKey},
		{func(b []byte) { b[1] = 0 }, wire.InvalidHeaderKey},
		{func(b []byte) { b[4] = 0xff }, wire.InvalidHeaderKey},
		{func(b []byte) { b[6] = 5 }, wire.InvalidHeaderValue},
		{func(b []byte) { b[6] = 7 }, wire.InvalidHeaderValue},
	} {
		b := slices.Clone(good)
		test.change(b)
		if err := wire.EachHeader(b, all); !errors.Is(err, test.want) {
			t.Errorf("% x: %v, want %v", b, err, test.want)
		}
	}
	for _, h := range []wire.Header{
		{KeyKind: 0, Key: []byte("k"), ValueKind: 1, Value: []byte("v")},
		{KeyKind: 2, ValueKind: 1, Value: []byte("v")},
		{KeyKind: 2, Key: bytes.Repeat([]byte("k"), 256), ValueKind: 1, Value: []byte("v")},
		{KeyKind: 2, Key: []byte("k"), ValueKind: wire.HeaderFloat64, Value: []byte("v")},
	} {
		if b, err := wire.AppendHeader(nil, h); err == nil || b != nil {
			t.Errorf("%v is written", h)
		}
	}
}

func TestStatusSaysItsMeaningAndItsCode(t *testing.T) {
	for status, want := range map[wire.Status]string{
		wire.TopicIDNotFound:    "topic not found (2010)",
		wire.InvalidCredentials: "wrong user name or password (42)",
		wire.TokenExpired:       "personal access token has expired (54)",
		4711:                    "unknown error (4711)",
	} {
		if got := status.Error(); got != want {
			t.Errorf("%d: %q, want %q", status, got, want)
		}
	}
}
