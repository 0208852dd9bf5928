package expression_test

import (
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/engine/expression"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// TestDecimalsAreExact: + - * and the comparisons of decimals are those of rational numbers, or an error of the row.
func TestDecimalsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mem := arrowtest.Allocator(t)
		draw := func(name string) (schemas.Field, string) {
			precision := rapid.IntRange(1, 38).Draw(t, "precision")
			scale := rapid.IntRange(0, precision).Draw(t, "scale")
			digits := rapid.StringMatching(fmt.Sprintf(`-?[0-9]{1,%d}`, precision)).Draw(t, "digits")
			n, _ := new(big.Int).SetString(digits, 10)
			text := new(big.Rat).SetFrac(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)).FloatString(scale)
			return schemas.Field{Name: name, Type: schemas.DecimalOf(precision, scale)}, text
		}
		a, x := draw("a")
		b, y := draw("b")
		schema := schemas.New(a, b)
		record := recordOf(mem, schema, []map[string]any{{"a": x, "b": y}}, rapid.IntRange(0, 1).Draw(t, "offset"))
		defer record.Release()
		left, _ := new(big.Rat).SetString(x)
		right, _ := new(big.Rat).SetString(y)
		for sign, want := range map[string]*big.Rat{
			"+": new(big.Rat).Add(left, right), "-": new(big.Rat).Sub(left, right), "*": new(big.Rat).Mul(left, right),
		} {
			got := evaluate(t, mem, expression.Compile, schema, "a "+sign+" b", record)[0]
			switch {
			case got.code == "decimal-overflow":
				// More than 38 digits at the scale of the result: never refused below that.
				if limit := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(38-resultScale(sign, a, b))), nil)); sign != "*" &&
					below(want, limit) && below(left, limit) && below(right, limit) {
					t.Fatalf("%s %s %s = %s was refused", x, sign, y, want.FloatString(10))
				}
			case got.code != "" || !equalAny(want, got.value):
				t.Fatalf("%s %s %s = %v; want %s", x, sign, y, got, want.FloatString(40))
			}
		}
		for sign, want := range map[string]bool{"==": left.Cmp(right) == 0, "<": left.Cmp(right) < 0, ">=": left.Cmp(right) >= 0} {
			if got := evaluate(t, mem, expression.Compile, schema, "a "+sign+" b", record)[0]; got.value != want {
				t.Fatalf("%s %s %s = %v", x, sign, y, got)
			}
		}
	})
}

func resultScale(sign string, a, b schemas.Field) int {
	if sign == "*" {
		return min(a.Type.Scale+b.Type.Scale, 38)
	}
	return max(a.Type.Scale, b.Type.Scale)
}

func below(x, limit *big.Rat) bool { return new(big.Rat).Abs(x).Cmp(limit) < 0 }
