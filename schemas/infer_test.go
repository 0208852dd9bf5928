package schemas_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// TestShapeTypes: what a path's observations add up to, in whatever order they came.
func TestShapeTypes(t *testing.T) {
	whole := func(text string) func(*schemas.Shape) {
		return func(s *schemas.Shape) { s.Whole([]byte(text)) }
	}
	fraction, text, boolean := (*schemas.Shape).Fraction, (*schemas.Shape).Text, (*schemas.Shape).Bool
	object := (*schemas.Shape).Object
	list := func(s *schemas.Shape) { s.Array().Text() }
	empty := func(s *schemas.Shape) { s.Array() }
	for _, test := range []struct {
		seen []func(*schemas.Shape)
		want string // empty: no type yet
	}{
		{nil, ""},
		{[]func(*schemas.Shape){object}, ""},
		{[]func(*schemas.Shape){empty}, ""},
		{[]func(*schemas.Shape){object, empty}, "json"},
		{[]func(*schemas.Shape){empty, list}, "list<string>"},
		{[]func(*schemas.Shape){list, text}, "json"},
		{[]func(*schemas.Shape){boolean}, "bool"},
		{[]func(*schemas.Shape){boolean, whole("1")}, "json"},
		{[]func(*schemas.Shape){whole("9223372036854775807"), whole("-9223372036854775808")}, "int64"},
		{[]func(*schemas.Shape){whole("9223372036854775808")}, "decimal(20,0)"},
		{[]func(*schemas.Shape){whole("1"), whole("-99999999999999999999")}, "decimal(20,0)"},
		{[]func(*schemas.Shape){whole("1"), whole("100000000000000000000")}, "json"},
		{[]func(*schemas.Shape){whole("1"), fraction}, "double"},
		{[]func(*schemas.Shape){whole("9223372036854775808"), fraction}, "double"},
		{[]func(*schemas.Shape){text, fraction}, "json"},
	} {
		for _, order := range [][]func(*schemas.Shape){test.seen, reversed(test.seen)} {
			var s schemas.Shape
			for _, see := range order {
				see(&s)
			}
			got := ""
			if typ, ok := s.Type(); ok {
				got = typ.String()
			}
			if got != test.want {
				t.Errorf("%d observations: %q; expected %q", len(order), got, test.want)
			}
		}
	}
}

func reversed[T any](in []T) []T {
	out := make([]T, len(in))
	for i, v := range in {
		out[len(in)-1-i] = v
	}
	return out
}

// TestInferrerBounds: an object of too many members is json, and records of too many columns are refused.
func TestInferrerBounds(t *testing.T) {
	var in schemas.Inferrer
	for _, name := range []string{"ok", "wide"} {
		shape := in.Records().Member([]byte(name))
		shape.Object()
		for i := range map[string]int{"ok": 1000, "wide": 1001}[name] {
			shape.Member(fmt.Append(nil, "k", i)).Bool()
		}
	}
	s, err := in.Schema()
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Field(0).Type.Fields) != 1000 || s.Field(1).Type.Kind != schemas.JSON {
		t.Errorf("inferred %.100s", s)
	}
	for i := range 10_001 {
		in.Records().Member(fmt.Append(nil, "c", i)).Bool()
	}
	if _, err := in.Schema(); err == nil {
		t.Errorf("more than 10,000 columns were inferred")
	}
}

// TestPropose: string columns whose texts all have one form are proposed, and only those.
func TestPropose(t *testing.T) {
	text := schemas.Of(schemas.String)
	s := schemas.New(
		schemas.Field{Name: "at", Type: text}, schemas.Field{Name: "local", Type: text}, schemas.Field{Name: "on", Type: text},
		schemas.Field{Name: "clock", Type: text}, schemas.Field{Name: "a b", Type: text}, schemas.Field{Name: "mixed", Type: text},
		schemas.Field{Name: "plain", Type: text}, schemas.Field{Name: "none", Type: text}, schemas.Field{Name: "n", Type: schemas.Of(schemas.Int64)},
		schemas.Field{Name: "o", Type: schemas.StructOf(schemas.Field{Name: "days", Type: schemas.ListOf(text)})},
	)
	mem := arrowtest.Allocator(t)
	batch := func(rows string) arrow.RecordBatch {
		r, _, err := array.RecordFromJSON(mem, s.Arrow(), strings.NewReader(rows))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := batch(`[{"at":"2026-01-01T00:00:00Z","local":"2026-01-01 00:00:00.5","on":"2026-01-01","clock":"12:00:00","a b":"123e4567-e89b-12d3-a456-426614174000",
		"mixed":"2026-01-01","plain":"x","n":1,"o":{"days":["2026-01-01"]}}, {"o":{"days":["2026-01-02","2026-01-03"]}}]`)
	defer first.Release()
	second := batch(`[{"at":"2026-01-01t00:00:00.123+02:00","on":"2026-12-31","mixed":"12:00:00"}]`)
	defer second.Release()
	want := []schemas.Proposal{
		{Path: "at", Type: schemas.Of(schemas.Timestamp), Values: 2},
		{Path: "local", Type: schemas.Of(schemas.LocalTimestamp), Values: 1},
		{Path: "on", Type: schemas.Of(schemas.Date), Values: 2},
		{Path: "clock", Type: schemas.Of(schemas.Time), Values: 1},
		{Path: `"a b"`, Type: schemas.Of(schemas.UUID), Values: 1},
		{Path: "o.days[]", Type: schemas.Of(schemas.Date), Values: 3},
	}
	if diff := cmp.Diff(want, schemas.Propose(s, first, second)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
