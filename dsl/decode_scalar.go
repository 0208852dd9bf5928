package dsl

import (
	"math"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// scalar fills a field whose value is one scalar.
func (d *decoder) scalar(n *Node, v reflect.Value, f *field) {
	t := v.Type()
	if n.Kind != ScalarNode {
		d.wrong(n, expected(t, f))
		return
	}
	if n.Value == NullValue {
		name, _ := scalarName(t)
		d.null(n, article(name))
		return
	}
	if t == expressionType {
		d.expression(n, v)
		return
	}
	text, ds := d.scope.interpolate(n)
	if t == secretType && !text.plain {
		hideAll(n)
	}
	d.ds = append(d.ds, ds...)
	if ds.HasErrors() {
		return
	}
	switch t {
	case secretType:
		d.scope.keep(text.text)
		v.Set(reflect.ValueOf(NewSecret(text.text)))
	case textType:
		v.Set(reflect.ValueOf(Text{Value: text.text, Range: n.Range}))
		d.oneOf(n, text, f)
	case pathType:
		v.Set(reflect.ValueOf(d.path(n, text)))
	case schemaType:
		d.schemaType(n, text, v)
	case durationType:
		d.duration(n, text, v, f)
	case sizeType:
		d.size(n, text, v, f)
	default:
		d.basic(n, text, v, f)
	}
}

func (d *decoder) expression(n *Node, v reflect.Value) {
	if i := strings.Index(n.Text, "${"); i >= 0 {
		end := len(n.Text)
		if j := strings.IndexByte(n.Text[i:], '}'); j >= 0 {
			end = i + j + 1
		}
		d.report(source.Diagnostic{
			Code: "interpolated-expression", Range: n.part(i, end), Found: "`${` in an expression",
			Expected: "an expression, which is never put together from text", Fix: "declare a var and write `vars.x`; its default may be `${NAME}`",
		})
		return
	}
	if strings.TrimSpace(n.Text) == "" {
		d.report(source.Diagnostic{Code: "empty-expression", Range: n.Range, Found: "the expression is empty", Expected: "an expression, such as `status == \"paid\"`"})
		return
	}
	v.Set(reflect.ValueOf(n.expression()))
}

// path is absolute: relative ones begin at the document's folder.
func (d *decoder) path(n *Node, text filled) Path {
	p := Path{Value: text.text, Written: text.text, Range: n.Range}
	if p.Value == "" {
		d.report(source.Diagnostic{Code: "empty-path", Range: n.Range, Found: n.Key + " is an empty path", Expected: "a path"})
		return p
	}
	if !filepath.IsAbs(p.Value) {
		// The pattern's own characters stay: Join cleans, it does not expand.
		p.Value = filepath.Join(d.scope.Dir, p.Value)
	}
	return p
}

func (d *decoder) schemaType(n *Node, text filled, v reflect.Value) {
	t, ds := parseTypeAt(n, text)
	d.ds = append(d.ds, ds...)
	v.Set(reflect.ValueOf(t))
}

// parseTypeAt reads a type, and maps what is wrong with it to the document.
func parseTypeAt(n *Node, text filled) (schemas.Type, source.Diagnostics) {
	t, err := schemas.ParseType(text.text)
	wrong, ok := err.(*schemas.TypeError)
	if !ok {
		return t, nil
	}
	x := source.Diagnostic{Code: "type", Range: n.Range, Found: wrong.Found, Expected: wrong.Expected, Fix: wrong.Fix}
	if len(text.refs) == 0 {
		x.Range = n.part(wrong.Start, wrong.End)
	} else {
		x.Found, x.Fix = text.shown()+" is no type", ""
	}
	return t, one(x)
}

func (d *decoder) duration(n *Node, text filled, v reflect.Value, f *field) {
	x, err := time.ParseDuration(text.text)
	if err != nil {
		fix := ""
		if coreKind(text.text) == IntValue && len(text.refs) == 0 {
			fix = "write the unit: `" + text.text + "s`"
		}
		d.mismatch(n, text, "a duration, such as 500ms, 30s, 5m or 24h", fix)
		return
	}
	if f.Min != "" && x < mustDuration(f.Min) || f.Max != "" && x > mustDuration(f.Max) {
		d.bounds(n, text, v.Type(), f)
		return
	}
	v.SetInt(int64(x))
}

func mustDuration(text string) time.Duration {
	x, err := time.ParseDuration(text)
	if err != nil {
		panic("dsl: the bound " + text + " is no duration")
	}
	return x
}

func (d *decoder) size(n *Node, text filled, v reflect.Value, f *field) {
	x, err := ParseSize(text.text)
	if err != nil {
		d.mismatch(n, text, "a number of bytes, such as 512, 64KB or 8MiB", "")
		return
	}
	if f.Min != "" && x < mustSize(f.Min) || f.Max != "" && x > mustSize(f.Max) {
		d.bounds(n, text, v.Type(), f)
		return
	}
	v.SetInt(int64(x))
}

func mustSize(text string) Size {
	x, err := ParseSize(text)
	if err != nil {
		panic("dsl: the bound " + text + " is no size")
	}
	return x
}

// basic fills a text, a number, true or false. A text takes every scalar as it is written; the others take no quoted text,
// unless it was put together from ${...}.
func (d *decoder) basic(n *Node, text filled, v reflect.Value, f *field) {
	kind := n.Value
	if len(text.refs) > 0 {
		kind = coreKind(text.text)
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text.text)
		d.oneOf(n, text, f)
	case reflect.Bool:
		if kind != BoolValue {
			d.mismatch(n, text, "true or false", unquoteFix(n, text, BoolValue))
			return
		}
		v.SetBool(parseBool(text.text))
	case reflect.Float32, reflect.Float64:
		d.float(n, text, kind, v, f)
	default:
		d.integer(n, text, kind, v, f)
	}
}

// unquoteFix proposes to remove the quotes where that would help.
func unquoteFix(n *Node, text filled, want ValueKind) string {
	if got := coreKind(text.text); len(text.refs) == 0 && n.Style != Plain && (got == want || want == FloatValue && got == IntValue) {
		return "remove the quotes: `" + text.text + "`"
	}
	return ""
}

func (d *decoder) float(n *Node, text filled, kind ValueKind, v reflect.Value, f *field) {
	x, err := parseFloat(text.text)
	if kind != FloatValue && kind != IntValue || err != nil || math.IsNaN(x) {
		d.mismatch(n, text, expected(v.Type(), f), unquoteFix(n, text, FloatValue))
		return
	}
	if f.Min != "" && x < mustFloat(f.Min) || f.Max != "" && x > mustFloat(f.Max) {
		d.bounds(n, text, v.Type(), f)
		return
	}
	v.SetFloat(x)
}

func mustFloat(text string) float64 {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic("dsl: the bound " + text + " is no number")
	}
	return x
}

func (d *decoder) integer(n *Node, text filled, kind ValueKind, v reflect.Value, f *field) {
	if kind != IntValue {
		d.mismatch(n, text, expected(v.Type(), f), unquoteFix(n, text, IntValue))
		return
	}
	x, err := parseInt(text.text)
	unsigned := v.CanUint()
	switch {
	case err != nil:
		d.mismatch(n, text, "a whole number of 64 bits", "")
	case unsigned && (x < 0 || v.OverflowUint(uint64(x))), !unsigned && v.OverflowInt(x):
		d.mismatch(n, text, expected(v.Type(), f), "")
	case f.Min != "" && float64(x) < mustFloat(f.Min) || f.Max != "" && float64(x) > mustFloat(f.Max):
		d.bounds(n, text, v.Type(), f)
	case unsigned:
		v.SetUint(uint64(x))
	default:
		v.SetInt(x)
	}
}

func (d *decoder) oneOf(n *Node, text filled, f *field) {
	if len(f.OneOf) == 0 {
		return
	}
	for _, o := range f.OneOf {
		if text.text == o {
			return
		}
	}
	x := source.Diagnostic{Code: "one-of", Range: n.Range, Found: n.Key + " is " + text.of(n), Expected: "one of: " + list(f.OneOf)}
	if near := source.Suggest(strings.ToLower(text.text), f.OneOf); near != "" && utf8.ValidString(text.text) && len(text.refs) == 0 {
		x.Fix = "write `" + near + "`"
	}
	d.report(x)
}
