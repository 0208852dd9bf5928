package unittest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// check compares what came out with what the case expects. With update, golden files that differ are written: those in
// updated.
func (t *trial) check(got outcome, update bool) (failures, updated []string) {
	e := t.Expect
	if e.Schema != nil {
		failures = append(failures, checkSchema(e, got.schema)...)
	}
	letters := checkLetters(e.DeadLetters, got.letters)
	// With an unexpected dead letter the rows are not what they should be: no golden file is made of them.
	update = update && len(letters) == 0
	found, wrote := e.rowFields.compare(got.schema, got.rows, update)
	failures, updated = append(failures, found...), append(updated, wrote...)
	if e.Routes != nil {
		found, wrote = checkRoutes(e, got, update)
		failures, updated = append(failures, found...), append(updated, wrote...)
	}
	return append(failures, letters...), updated
}

// compare checks rows. Where update is set, a golden file that differs is written instead.
func (e rowFields) compare(s *schemas.Schema, got []row, update bool) (failures, updated []string) {
	if e.Count != nil && *e.Count != int64(len(got)) {
		failures = append(failures, fmt.Sprintf("count: want %s, got %d", plural(int(*e.Count), "row"), len(got)))
	}
	if e.Rows != nil {
		want, ds := rowsAt(e.Rows)
		if ds.HasErrors() {
			return append(failures, ds.Render()), nil
		}
		failures = append(failures, diffRows(s, want, got)...)
	}
	if e.Contains != nil {
		want, ds := rowsAt(e.Contains)
		if ds.HasErrors() {
			return append(failures, ds.Render()), nil
		}
		failures = append(failures, diffContains(s, want, got)...)
	}
	if e.File != nil {
		found, wrote, err := compareGolden(*e.File, s, got, update)
		if err != nil {
			return append(failures, err.Error()), nil
		}
		failures = append(failures, found...)
		if wrote {
			updated = append(updated, e.File.Written)
		}
	}
	return failures, updated
}

func checkSchema(e expectFields, got *schemas.Schema) (failures []string) {
	wanted := map[string]bool{}
	for _, f := range e.Schema {
		wanted[f.Key] = true
		g, index, _ := got.Lookup(f.Key)
		switch {
		case index < 0:
			failures = append(failures, fmt.Sprintf("schema: want %s: %s, and there is no such column", f.Key, f.Value))
		case !g.Type.Equal(f.Value):
			failures = append(failures, fmt.Sprintf("schema: %s: want %s, got %s", f.Key, f.Value, g.Type))
		}
	}
	for _, f := range got.Fields() {
		if !wanted[f.Name] {
			failures = append(failures, fmt.Sprintf("schema: unexpected column %s: %s", f.Name, f.Type))
		}
	}
	return failures
}

func checkRoutes(e expectFields, got outcome, update bool) (failures, updated []string) {
	rows := map[string][]row{}
	for i, r := range got.rows {
		rows[got.routes[i]] = append(rows[got.routes[i]], r)
	}
	for _, route := range e.Routes {
		found, wrote := route.Value.compare(got.schema, rows[route.Key], update)
		for _, f := range found {
			failures = append(failures, "route "+route.Key+": "+f)
		}
		updated = append(updated, wrote...)
		delete(rows, route.Key)
	}
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		failures = append(failures, fmt.Sprintf("unexpected route %s: %s, the first is %s", name, plural(len(rows[name]), "row"), clip(rows[name][0].text)))
	}
	return failures, updated
}

// checkLetters pairs each expected dead letter with one that matches it. Those that are left are told: in pairs, since one
// is likely meant to be the other, then the ones without a partner.
func checkLetters(want []letterFields, got []letter) (failures []string) {
	wanted := match(want, got)
	var missing []int
	for i := range want {
		if !slices.Contains(wanted, i) {
			missing = append(missing, i)
		}
	}
	var left []letter
	for j, l := range got {
		if wanted[j] < 0 {
			left = append(left, l)
		}
	}
	for len(missing) > 0 && len(left) > 0 {
		i := missing[0]
		failures = append(failures, fmt.Sprintf("dead letter %d: %s; it is %s", i+1, strings.Join(want[i].differs(left[0]), "; "), left[0]))
		missing, left = missing[1:], left[1:]
	}
	for _, i := range missing {
		failures = append(failures, fmt.Sprintf("dead letter %d is missing: %s", i+1, want[i]))
	}
	for _, l := range left {
		failures = append(failures, "unexpected dead letter: "+l.String())
	}
	return capped(failures)
}

// match returns for each dead letter the expectation that it meets, or -1. As many as possible are paired (Kuhn 1955): one
// that says little must not take the letter of one that says more.
func match(want []letterFields, got []letter) []int {
	wanted := make([]int, len(got))
	for j := range wanted {
		wanted[j] = -1
	}
	var seen []bool
	var place func(i int) bool
	place = func(i int) bool {
		for j, l := range got {
			if seen[j] || len(want[i].differs(l)) > 0 {
				continue
			}
			seen[j] = true
			if wanted[j] < 0 || place(wanted[j]) {
				wanted[j] = i
				return true
			}
		}
		return false
	}
	for i := range want {
		seen = make([]bool, len(got))
		place(i)
	}
	return wanted
}

// differs tells where a dead letter is not the expected one.
func (w letterFields) differs(l letter) (out []string) {
	if w.Code != "" && w.Code != l.code {
		out = append(out, fmt.Sprintf("code: want %s, got %s", w.Code, l.code))
	}
	if class := engine.ClassOf(l.site, l.code); w.Class != "" && w.Class != class {
		out = append(out, fmt.Sprintf("class: want %s, got %s", w.Class, class))
	}
	if w.Component != "" && w.Component != l.site.Path && w.Component != l.where() {
		out = append(out, fmt.Sprintf("component: want %s, got %s", w.Component, l.where()))
	}
	if !strings.Contains(l.message, w.Error) {
		out = append(out, fmt.Sprintf("error: want %s in it, got %s", quote(w.Error), quote(l.message)))
	}
	if w.Ordinal != nil && *w.Ordinal != l.ordinal {
		out = append(out, fmt.Sprintf("ordinal: want %d, got %d", *w.Ordinal, l.ordinal))
	}
	if w.Raw != nil && (l.raw == nil || w.Raw.Text != string(l.raw)) {
		out = append(out, fmt.Sprintf("raw: want %s, got %s", quote(w.Raw.Text), l.rawText()))
	}
	if w.Record != nil {
		want, err := parseRow(appendNode(nil, w.Record))
		if err != nil {
			return append(out, "record: "+err.Error())
		}
		for _, name := range slices.Sorted(maps.Keys(want.cells)) {
			out = diffValue(out, "record."+name, member(l.typ, name), want.cells[name], l.record.cells[name])
		}
	}
	return out
}

// String tells what is expected.
func (w letterFields) String() string {
	var parts []string
	add := func(name, value string, given bool) {
		if given {
			parts = append(parts, name+" "+value)
		}
	}
	add("code", w.Code, w.Code != "")
	add("class", w.Class, w.Class != "")
	add("component", w.Component, w.Component != "")
	add("error with", quote(w.Error), w.Error != "")
	if w.Ordinal != nil {
		add("ordinal", fmt.Sprint(*w.Ordinal), true)
	}
	if w.Record != nil {
		add("record", string(appendNode(nil, w.Record)), true)
	}
	if w.Raw != nil {
		add("raw", quote(w.Raw.Text), true)
	}
	return strings.Join(parts, ", ")
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
