package dsl

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// place is where a finding about the whole of n belongs: its name, else its first line.
func (n *Node) place() source.Range {
	if n.KeyRange.File != nil && n.KeyRange.End > n.KeyRange.Start {
		return n.KeyRange
	}
	if n.Range.File == nil {
		return n.Range
	}
	return at(n.Range.File, n.Range.Start, min(n.Range.Start+1, n.Range.End))
}

// unknown reports an entry that is no field, and returns the field that was meant. It says where the entry belongs where
// that can be known.
func (d *decoder) unknown(n, e *Node, fields []field) (meant string) {
	x := source.Diagnostic{Code: "unknown-field", Range: e.place(), Found: "unknown field `" + clip(e.Key) + "`", Expected: fieldNames(fields, "", "no fields here")}
	if n.Key != "" {
		x.Found += " in " + n.Key
	}
	var names []string
	for _, f := range fields {
		if !f.Body {
			names = append(names, f.Name)
		}
	}
	near := source.Suggest(e.Key, names)
	if f := lookupField(fields, near); f != nil && f.Secret {
		hideAll(e)
	}
	switch {
	case sharedKeys[e.Key] && n.path != "":
		x.Found = "`" + e.Key + "` is not a field of `" + n.Key + "`"
		x.Expected = "it beside `" + n.Key + "`"
		x.Fix = moveFix(e, n)
	case sharedKeys[e.Key] && n.Key == "" && n.Has("input") && n.Range.File != nil:
		x.Found = "`" + e.Key + "` at the top of the document"
		x.Expected = "it beside the component of `input` or `output`"
		x.Fix = "move it there"
	case near != "":
		x.Fix = "write `" + near + "`"
	}
	d.report(x)
	return near
}

// moveFix says how an entry gets beside the name of the map that it stands in.
func moveFix(e, n *Node) string {
	from, to := e.KeyRange.Position(), n.KeyRange.Position()
	if from.Line == to.Line || to.Column >= from.Column || n.Range.File == nil || isTOML(n.Range) {
		return "move it out of `" + n.Key + "`"
	}
	return "indent it " + columns(from.Column-to.Column) + " less"
}

func columns(n int) string {
	words := []string{"no columns", "one column", "two columns", "three columns", "four columns"}
	if n < len(words) {
		return words[n]
	}
	return fmt.Sprintf("%d columns", n)
}

// fieldNames lists the fields that a struct has.
func fieldNames(fields []field, quote, none string) string {
	var names []string
	for _, f := range fields {
		if !f.Body {
			names = append(names, quote+f.Name+quote)
		}
	}
	slices.Sort(names)
	switch len(names) {
	case 0:
		return none
	case 1:
		return names[0]
	default:
		return "one of: " + list(names)
	}
}

func (d *decoder) missing(n *Node, f *field) {
	what := "the document"
	if n.Key != "" {
		what = "`" + n.Key + "`"
	}
	d.report(source.Diagnostic{
		Code: "missing-field", Range: n.place(), Found: what + " has no `" + f.Name + "`",
		Expected: "`" + f.Name + "`, " + f.want(), Fix: "write `" + assignment(n.Range, f.Name, "...") + "`",
	})
}

// article puts a or an before the name of a type.
func article(name string) string {
	switch {
	case strings.HasPrefix(name, "true"), strings.HasPrefix(name, "any"):
		return name
	case strings.ContainsAny(name[:1], "aeio"):
		return "an " + name
	default:
		return "a " + name
	}
}

// plural is the plural of a type's name.
func plural(name string) string {
	for _, container := range []string{"list", "map"} {
		if rest, ok := strings.CutPrefix(name, container+" of "); ok {
			return container + "s of " + rest
		}
	}
	if name == "true or false" || name == "any" {
		return name
	}
	return name + "s"
}

// null reports an empty value where the document must say something.
func (d *decoder) null(n *Node, want string) {
	d.report(source.Diagnostic{
		Code: "empty-value", Range: n.place(), Found: n.Key + " has no value", Expected: want,
		Fix: "write a value, or remove `" + n.Key + "`",
	})
}

// wrong reports a node of the wrong kind.
func (d *decoder) wrong(n *Node, want string) {
	found := n.describe()
	if n.Key != "" {
		found = n.Key + " is " + found
	}
	r := n.Range
	if n.Kind != ScalarNode && r.File != nil {
		r = oneLine(at(r.File, r.Start, min(r.End, r.Start+1)))
	}
	d.report(source.Diagnostic{Code: "wrong-type", Range: r, Found: found, Expected: want})
}

// mismatch reports a scalar that is not what its field wants.
func (d *decoder) mismatch(n *Node, text filled, want, fix string) {
	d.report(source.Diagnostic{Code: "wrong-type", Range: n.Range, Found: n.Key + " is " + text.of(n), Expected: want, Fix: fix})
}

func (d *decoder) bounds(n *Node, text filled, t reflect.Type, f *field) {
	found := text.shown()
	if len(text.refs) == 0 {
		found = clip(text.text)
	}
	d.report(source.Diagnostic{Code: "out-of-range", Range: n.Range, Found: n.Key + " is " + found, Expected: expected(t, f)})
}

func boundsText(low, high string) string {
	switch {
	case low != "" && high != "":
		return " from " + low + " to " + high
	case low != "":
		return " of at least " + low
	case high != "":
		return " of at most " + high
	}
	return ""
}

// leastOf is the least value of a number type, where it is worth a word.
func leastOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "0"
	case reflect.Int8, reflect.Int16, reflect.Int32:
		return strconv.FormatInt(-1<<(t.Bits()-1), 10)
	}
	return ""
}

// greatestOf is the greatest value of a number type, where it is worth a word.
func greatestOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return strconv.FormatUint(1<<t.Bits()-1, 10)
	case reflect.Int8, reflect.Int16, reflect.Int32:
		return strconv.FormatInt(1<<(t.Bits()-1)-1, 10)
	}
	return ""
}

// expected says what a scalar field of type t takes.
func expected(t reflect.Type, f *field) string {
	name, _ := scalarName(t)
	if len(f.OneOf) > 0 {
		return "one of: " + list(f.OneOf)
	}
	low, high := f.Min, f.Max
	if low == "" {
		low = leastOf(t)
	}
	if high == "" {
		high = greatestOf(t)
	}
	return article(name) + boundsText(low, high)
}
