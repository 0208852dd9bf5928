package processors_test

import (
	"testing"

	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/processors"
)

// TestProposedFixesBind: what findings of processors propose to write is itself without findings.
func TestProposedFixesBind(t *testing.T) {
	for _, line := range []string{
		`set: {id: date("1970-01-01") + id * duration("1s")}`,
		`set: {total: date("1970-01-01") + int(total) * duration("1s")}`,
		`set: {price: date("1970-01-01") + int(price) * duration("1s")}`,
		`set: {empty: string(nil)}`,
		`set: {day: ts.Format("2006-01-02")}`,
		`set: {name: customer.name}`,
		`filter: quantity != 0`,
		`filter: status != ""`,
		`filter: tags != nil`,
	} {
		t.Run(line, func(t *testing.T) {
			stage := enginetest.Processor(t, processors.Register, line, nil)
			result := stage.Process(t, stage.Batch(t, `{"id":1,"total":86400,"price":"7.00","ts":"2024-02-29T12:30:00Z"}`))
			if len(result.Rejected) > 0 {
				t.Errorf("rejected: %+v", result.Rejected)
			}
		})
	}
}
