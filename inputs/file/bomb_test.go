package file_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/iggy-flow/iggy-flow/engine/enginetest"
)

// TestFault39Bombs: of a record that unpacks to a hundred times what a record may have, no more than that is held, and
// the record behind it is read.
func TestFault39Bombs(t *testing.T) {
	dir := t.TempDir()
	bomb := append(bytes.Repeat([]byte{'0'}, 128<<20), "\n{\"n\":1,\"text\":\"x\"}\n"...)
	for _, name := range []string{"bomb.ndjson.gz", "bomb.ndjson.zst"} {
		write(t, filepath.Join(dir, name), bomb)
		in := open(t, dir, "{paths: ["+name+"], max_record: 1MiB}")
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, _ := enginetest.ReadInput(t, in, nil, -1)
		runtime.ReadMemStats(&after)
		if err := in.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(got.Rows) != 1 || len(got.Rejected) != 1 || len(got.Rejected[0].Original.Raw) > 2<<20 {
			t.Errorf("%s: %d rows, %d rejected", name, len(got.Rows), len(got.Rejected))
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
			t.Errorf("%s: took %d MiB", name, grown>>20)
		}
	}
}

// TestFault39ZstdWindow: a frame that asks for 128 MiB of window is refused, however short it is.
func TestFault39ZstdWindow(t *testing.T) {
	dir := t.TempDir()
	frame := append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 17 << 3, 3<<3 | 1, 0, 0}, "{}\n"...) // one raw block, the last
	if err := os.WriteFile(filepath.Join(dir, "x.ndjson.zst"), frame, 0o600); err != nil {
		t.Fatal(err)
	}
	in := open(t, dir, "x.ndjson.zst")
	defer func() {
		if err := in.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	err := in.Open(t.Context(), nil)
	for out, _ := enginetest.Outbox(t); err == nil; {
		err = in.Read(t.Context(), out)
	}
	if errors.Is(err, io.EOF) || !strings.Contains(err.Error(), "window") {
		t.Errorf("err: %v", err)
	}
}
