package cast_test

import (
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/processors/cast"
	"github.com/iggy-flow/iggy-flow/schemas"
)

var scalars = []string{
	"bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float", "double", "decimal(10,2)", "decimal(38,9)",
	"string", "binary", "fixed(16)", "date", "time", "timestamp", "timestamp_ns", "local_timestamp", "uuid", "json",
}

// TestConformance casts columns of all types to each type of a choice, wherever that is possible.
func TestConformance(t *testing.T) {
	fields := []schemas.Field{{Name: "other", Type: schemas.ListOf(schemas.Of(schemas.Int64))}}
	for _, name := range scalars {
		fields = append(fields, schemas.Field{Name: "x_" + name, Type: parseType(t, name)})
	}
	for _, to := range []string{"int32", "float", "decimal(10,2)", "string", "timestamp_ns", "fixed(16)"} {
		line := "cast:"
		target := parseType(t, to)
		for _, f := range fields {
			if cast.Possible(f.Type, target) {
				line += "\n  \"" + f.Name + "\": " + to
			}
		}
		if line == "cast:" {
			t.Errorf("nothing can be cast to %s", to)
			continue
		}
		t.Run(to, func(t *testing.T) {
			enginetest.ProcessorConformance(t, enginetest.ProcessorCase{Register: cast.Register, Line: line, Schema: schemas.New(fields...)})
		})
	}
}

// TestTextReadsBack: whatever becomes text becomes the same value again.
func TestTextReadsBack(t *testing.T) {
	for _, name := range scalars {
		if name == "binary" || name == "json" || name == "fixed(16)" || name == "string" {
			continue // not every value of these has a text, or the text is the value
		}
		t.Run(name, func(t *testing.T) {
			schema := schemas.New(schemas.Field{Name: "x", Type: parseType(t, name)})
			rapid.Check(t, func(t *rapid.T) {
				there := enginetest.Processor(t, cast.Register, "cast: {x: string}", schema)
				back := enginetest.Processor(t, cast.Register, "cast: {x: \""+name+"\"}", there.Out.Columns)
				b := enginetest.Random(t, there.Mem, schema)
				want := enginetest.Text(b)
				texts := there.Process(t, b)
				got := ""
				for _, b := range texts.Batches {
					b.Retain()
					result := back.Process(t, b)
					got += result.Text()
					for _, r := range result.Rejected {
						t.Errorf("does not read back: %s", r.Message)
					}
				}
				if len(texts.Rejected) == 0 && got != want {
					t.Errorf("got\n%s, want\n%s", got, want)
				}
			})
		})
	}
}

// TestNumbersFitExactlyOrNotAtAll: a whole number or decimal becomes another number when that is the very same one.
func TestNumbersFitExactlyOrNotAtAll(t *testing.T) {
	exact := []string{"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "decimal(10,2)", "decimal(38,9)"}
	for _, from := range exact {
		t.Run(from, func(t *testing.T) {
			schema := schemas.New(schemas.Field{Name: "x", Type: parseType(t, from)})
			rapid.Check(t, func(t *rapid.T) {
				to := rapid.SampledFrom(exact).Draw(t, "to")
				stage := enginetest.Processor(t, cast.Register, "cast: {x: \""+to+"\"}", schema)
				b := enginetest.Random(t, stage.Mem, schema)
				var want []string
				for _, text := range numbers(b) {
					if text == "null" || fits(text, stage.Out.Columns.Field(0).Type) {
						want = append(want, rational(text))
					}
				}
				var got []string
				for _, b := range stage.Process(t, b).Batches {
					for _, text := range numbers(b) {
						got = append(got, rational(text))
					}
				}
				if !slices.Equal(got, want) {
					t.Errorf("to %s: got %v, want %v", to, got, want)
				}
			})
		})
	}
}

// numbers are the texts of the values of b's only column.
func numbers(b *engine.Batch) (texts []string) {
	for line := range strings.Lines(enginetest.Text(b)) {
		texts = append(texts, strings.Trim(strings.TrimSuffix(strings.TrimPrefix(line, `{"x":`), "}\n"), `"`))
	}
	return texts
}

func rational(text string) string {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return text
	}
	return r.RatString()
}

// fits reports whether t has the number, by arithmetic without bounds.
func fits(text string, t schemas.Type) bool {
	r, _ := new(big.Rat).SetString(text)
	if t.Kind == schemas.Decimal {
		r.Mul(r, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(t.Scale)), nil)))
		return r.IsInt() && r.Num().CmpAbs(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(t.Precision)), nil)) < 0
	}
	bits := map[schemas.Kind]uint{
		schemas.Int8: 7, schemas.Int16: 15, schemas.Int32: 31, schemas.Int64: 63, schemas.Uint8: 8, schemas.Uint16: 16, schemas.Uint32: 32, schemas.Uint64: 64,
	}[t.Kind]
	hi := new(big.Int).Lsh(big.NewInt(1), bits)
	lo := new(big.Int)
	if t.Kind.Signed() {
		lo.Neg(hi)
	}
	return r.IsInt() && r.Num().Cmp(lo) >= 0 && r.Num().Cmp(hi) < 0
}
