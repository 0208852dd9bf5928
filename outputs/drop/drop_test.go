package drop_test

import (
	"testing"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/outputs/drop"
)

func TestExamples(t *testing.T) { enginetest.Examples(t, drop.Register) }

func TestDropReleasesAndCountsWhatItIsGiven(t *testing.T) {
	output := enginetest.Output(t, drop.Register, source.NewFile("drop.yaml", []byte("name: test\ninput: {test: {}}\noutput: {drop: {}}\n")))
	out, result := enginetest.Outbox(t)
	b := enginetest.Orders(t, 5)
	out.Receive(b.Len())
	if err := output.Write(t.Context(), b, out); err != nil {
		t.Fatal(err)
	}
	if err := output.Flush(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	if got := out.Account().Count(engine.Dropped); got != 5 || len(result.Rejected) > 0 {
		t.Errorf("%d rows are counted as dropped and %d rejected, of 5", got, len(result.Rejected))
	}
}
