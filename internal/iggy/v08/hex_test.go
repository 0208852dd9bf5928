package v08_test

import (
	"encoding/hex"
	"strings"
	"testing"
)

// unhex reads bytes written as hexadecimal digits, with quoted texts and with comments behind a semicolon:
//
//	01 04 'name' ; what it means
func unhex(t testing.TB, text string) []byte {
	t.Helper()
	var out []byte
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, ";")
		for i, part := range strings.Split(line, "'") {
			if i%2 == 1 {
				out = append(out, part...)
				continue
			}
			b, err := hex.DecodeString(strings.Join(strings.Fields(part), ""))
			if err != nil {
				t.Fatalf("%q: %v", part, err)
			}
			out = append(out, b...)
		}
	}
	return out
}
