package retry_test

import (
	"strings"
	"testing"
	"time"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine/retry"
)

func decode(t *testing.T, document string) (retry.Config, source.Diagnostics) {
	t.Helper()
	n, ds := dsl.ParseTree(source.NewFile("doc.yaml", []byte(document)))
	if ds.HasErrors() {
		t.Fatal(ds.Render())
	}
	c := retry.Defaults()
	ds = dsl.Decode(n, &c, nil)
	return c, ds
}

func TestADocumentSaysHowToRetry(t *testing.T) {
	got, ds := decode(t, "base: 50ms\nmax_elapsed: 1m\n")
	want := retry.Config{Base: 50 * time.Millisecond, Max: 30 * time.Second, MaxElapsed: time.Minute}
	if ds.HasErrors() || got != want {
		t.Errorf("decoded %+v, want %+v\n%s", got, want, ds.Render())
	}
}

func TestALongestPauseBelowTheFirstIsRefused(t *testing.T) {
	_, ds := decode(t, "base: 5s\nmax: 1s\n")
	if text := ds.Render(); !ds.HasErrors() || !strings.Contains(text, "doc.yaml:2:6") || !strings.Contains(text, "max: 50s") {
		t.Errorf("got %s", text)
	}
}
