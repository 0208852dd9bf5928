//go:build unix

package json_test

import (
	"syscall"
	"testing"

	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
)

// TestReadsNoFurtherThanThePadding: behind the padding begins a page that must not be touched, wherever the data ends.
func TestReadsNoFurtherThanThePadding(t *testing.T) {
	page := syscall.Getpagesize()
	memory, err := syscall.Mmap(-1, 0, 3*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Munmap(memory) //nolint:errcheck // the process ends soon
	if err := syscall.Mprotect(memory[2*page:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	mem, s := arrowtest.Allocator(t), columns(t, fuzzColumns)
	texts, seeds := append([]string(nil), fuzzSeeds...), len(fuzzSeeds)
	for _, c := range append(append([]conformance(nil), validTexts...), invalidTexts...) {
		for _, p := range places {
			texts = append(texts, p.before+c.text+p.after+"\n", "["+p.before+c.text+p.after+"]")
		}
	}
	for i, text := range texts {
		from := 0
		if i >= seeds {
			from = max(len(text)-1, 0) // the others end in many ways, too
		}
		for end := from; end <= len(text) && end < 1000; end++ {
			for _, fill := range []byte{'1', '"', '\\'} {
				data := memory[2*page-codec.Padding-end : 2*page-codec.Padding]
				copy(data, text)
				padding := memory[2*page-codec.Padding : 2*page]
				for i := range padding {
					padding[i] = fill
				}
				d := newDecoder(t, codec.DecodeOptions{Mem: mem, Schema: s})
				_, _ = d.Decode(data, end%2 == 0) // only that it returns
				if r := d.Flush(); r.Record != nil {
					r.Record.Release()
				}
			}
		}
	}
}
