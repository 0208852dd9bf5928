package iggy_test

import (
	"testing"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/codec/payload"
	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/internal/iggytest"
	"github.com/iggy-flow/iggy-flow/outputs/iggy"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// TestAPayloadIsAMessageAsItIs: texts with line ends too; null and the empty text are rejected.
func TestAPayloadIsAMessageAsItIs(t *testing.T) {
	b := iggytest.Start(t, iggytest.Options{})
	for _, format := range []string{"text", "raw"} {
		document := "name: orders\ninput: {test: {}, schema: {fields: {payload: string}}}\noutput:\n  format: " + format + "\n  iggy: {address: '" + b.Address() + "', username: " + iggytest.Username +
			", password: " + iggytest.Password + ", stream: shop, topic: " + format + "}\n"
		o := enginetest.Output(t, iggy.Register, source.NewFile("orders.yaml", []byte(document)))
		s := payload.Schema(schemas.String)
		if ds := o.Bind(engine.Shape{Columns: s, Meta: schemas.New()}); ds.HasErrors() {
			t.Fatal(ds.Render())
		}
		if err := o.Open(t.Context(), engine.Start{}); err != nil {
			t.Fatal(err)
		}
		out, result := enginetest.Outbox(t)
		batch := enginetest.Batch(t, arrowtest.Allocator(t), s, `{"payload":"a\nb\r\n"}`+"\n"+`{"payload":null}`+"\n"+`{"payload":""}`+"\n"+`{"payload":"c"}`)
		if err := o.Write(t.Context(), batch, out); err != nil {
			t.Fatal(err)
		}
		if err := o.Flush(t.Context(), out); err != nil {
			t.Fatal(err)
		}
		got := read(t, b, format)[0]
		if len(got) != 2 || got[0].payload != "a\nb\r\n" || got[1].payload != "c" {
			t.Errorf("%s: %+v", format, got)
		}
		if len(result.Rejected) != 2 || result.Rejected[0].Code != format+"-null" || result.Rejected[1].Code != "message-empty" {
			t.Errorf("%s rejects %+v", format, result.Rejected)
		}
		if err := o.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
