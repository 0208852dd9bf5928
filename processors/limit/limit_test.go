package limit_test

import (
	"strings"
	"testing"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/processors/limit"
)

func TestExamples(t *testing.T) { enginetest.Examples(t, limit.Register) }

func TestConformance(t *testing.T) {
	enginetest.ProcessorConformance(t, enginetest.ProcessorCase{Register: limit.Register, Line: "limit: 1000000"})
}

func TestLimitLetsTheFirstRowsPassAcrossBatches(t *testing.T) {
	stage := enginetest.Processor(t, limit.Register, "limit: 3", nil)
	for i, test := range []struct {
		in     string
		passed int
	}{
		{`{"id":1}` + "\n" + `{"id":2}`, 2},
		{`{"id":3}` + "\n" + `{"id":4}` + "\n" + `{"id":5}`, 1},
		{`{"id":6}`, 0},
	} {
		result := stage.Process(t, stage.Batch(t, test.in))
		if got := strings.Count(result.Text(), "\n"); got != test.passed {
			t.Errorf("batch %d: %d rows passed; want %d", i, got, test.passed)
		}
	}
}

func TestLimitGoesOnCountingBehindARestart(t *testing.T) {
	first := enginetest.Processor(t, limit.Register, "limit: 3", nil)
	first.Process(t, first.Batch(t, `{"id":1}`+"\n"+`{"id":2}`))
	state, err := first.Node.Processor.(engine.Stateful).Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	second := enginetest.Processor(t, limit.Register, "limit: 3", nil)
	if err := second.Node.Processor.(engine.Stateful).Restore(state); err != nil {
		t.Fatal(err)
	}
	if got := second.Process(t, second.Batch(t, `{"id":3}`+"\n"+`{"id":4}`)).Text(); strings.Count(got, "\n") != 1 {
		t.Errorf("%q passed behind a restart; want one row", got)
	}
	if err := second.Node.Processor.(engine.Stateful).Restore([]byte("{")); err == nil {
		t.Error("a state that cannot be read was taken")
	}
}
