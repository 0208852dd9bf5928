package iggy_test

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"

	"github.com/iggy-flow/iggy-flow/internal/iggy"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// pack packs data as a producer does.
func pack(t testing.TB, how iggy.Compression, data string) string {
	t.Helper()
	switch how {
	case iggy.S2:
		return string(s2.Encode(nil, []byte(data)))
	case iggy.Zstd:
		w, err := zstd.NewWriter(nil)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		return string(w.EncodeAll([]byte(data), nil))
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(data)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// batchOf has the given payloads one behind the other.
func batchOf(payloads ...string) (m wire.Messages) {
	for _, p := range payloads {
		m.Start = append(m.Start, int32(len(m.Data)))
		m.Data = append(m.Data, p...)
		m.End = append(m.End, int32(len(m.Data)))
	}
	return m
}

func TestInflate(t *testing.T) {
	long := strings.Repeat("a record that repeats itself ", 100)
	for _, how := range []iggy.Compression{iggy.Gzip, iggy.S2, iggy.Zstd} {
		t.Run(string(how), func(t *testing.T) {
			i, err := iggy.NewInflater(how)
			if err != nil {
				t.Fatal(err)
			}
			cut := pack(t, how, strings.Repeat("0123456789abcdefghijklmnopqrstuvwxyz", 2))
			cut = cut[:len(cut)-6]
			bomb := pack(t, how, strings.Repeat(long[:100]+long[:99], wire.MaxPayload/199+1))
			for range 2 { // the second time into used buffers
				m := batchOf(pack(t, how, long), `{"a":1}`, cut, bomb, pack(t, how, "b"+long))
				damaged := i.Inflate(&m)
				var got []string
				for k := range m.Len() {
					got = append(got, string(m.Payload(k)))
				}
				if diff := cmp.Diff([]string{long, `{"a":1}`, cut, bomb, "b" + long}, got); diff != "" {
					t.Errorf("(-want +got):\n%.2000s", diff)
				}
				if len(damaged) != 2 || damaged[0].Message != 2 || damaged[1].Message != 3 {
					t.Errorf("damaged: %v", damaged)
				}
				if cap(m.Data) < len(m.Data)+64 {
					t.Error("no padding")
				}
			}
		})
	}
	if _, err := iggy.NewInflater("lzma"); err == nil {
		t.Error("lzma is known")
	}
}

// FuzzInflate: any bytes unpack, stay as they are, or are damaged, within the limit of a payload.
func FuzzInflate(f *testing.F) {
	all := []iggy.Compression{iggy.Gzip, iggy.S2, iggy.Zstd}
	for k, how := range all {
		f.Add(uint8(k), []byte(pack(f, how, "some text, some text, some text")))
	}
	f.Fuzz(func(t *testing.T, kind uint8, payload []byte) {
		i, err := iggy.NewInflater(all[int(kind)%len(all)])
		if err != nil {
			t.Fatal(err)
		}
		m := batchOf(string(payload), "next")
		damaged := i.Inflate(&m)
		if string(m.Payload(1)) != "next" || len(m.Payload(0)) > max(wire.MaxPayload, len(payload)) {
			t.Errorf("%d bytes, then %q; damaged %v", len(m.Payload(0)), m.Payload(1), damaged)
		}
	})
}
