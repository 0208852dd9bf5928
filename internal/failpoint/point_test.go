package failpoint_test

import (
	"testing"

	"github.com/iggy-flow/iggy-flow/internal/failpoint"
)

func TestEveryPointHasANameOfItsOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range failpoint.Points() {
		if p.String() == "" || seen[p.String()] {
			t.Errorf("point %d is called %q, as another or as none", uint8(p), p)
		}
		seen[p.String()] = true
	}
}
