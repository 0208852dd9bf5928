package iggy_test

import (
	"path/filepath"
	"testing"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/inputs/iggy"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/internal/iggytest"
	"github.com/iggy-flow/iggy-flow/processors/filter"
	"github.com/iggy-flow/iggy-flow/processors/set"
)

func TestExamples(t *testing.T) {
	enginetest.Examples(t, func(r *engine.Registry) {
		iggy.Register(r)
		filter.Register(r)
		set.Register(r)
	})
}

// TestAConsumerGoesOnWhereItsTargetsAre: stops and deaths in between, three partitions, one of them added later.
func TestAConsumerGoesOnWhereItsTargetsAre(t *testing.T) {
	s := newShop(t, 2, iggytest.Options{})
	dir := t.TempDir()
	out := filepath.Join(dir, "out.ndjson")
	document := s.document("consumer: audit", "output: {file: out.ndjson}")
	for life := range 4 {
		s.send(0, 700)
		s.send(1, 300)
		r := start(t, dir, document, "0")
		until(t, "the end of what was sent", func() bool { return s.whole(rows(t, out)) })
		r.end(t, life%2 == 0)
	}
	at, ok, err := s.client.Offset(t.Context(), wire.Consumer{Kind: wire.SingleConsumer, ID: wire.Name("audit")}, wire.Name("shop"), wire.Name("orders"), 0)
	if err != nil || !ok || at.Stored < 2099 {
		t.Errorf("the server stores offset %d, %v, %v; want at least what the last clean stop had", at.Stored, ok, err)
	}
}
