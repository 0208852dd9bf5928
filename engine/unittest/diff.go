package unittest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// maxDifferences is how many differences of one expectation are told; maxAligned how many rows on either side are looked
// through for the ones that were only moved.
const (
	maxDifferences = 10
	maxAligned     = 500
	maxShown       = 300 // bytes of a row or cell
)

// diffRows tells how got differs from want, row by row and cell by cell; nothing when they are the same.
func diffRows(s *schemas.Schema, want, got []row) []string {
	var out []string
	for _, p := range align(s, want, got) {
		switch {
		case p.got < 0:
			out = append(out, fmt.Sprintf("row %d is missing: %s", p.want+1, clip(want[p.want].text)))
		case p.want < 0:
			out = append(out, fmt.Sprintf("unexpected row %d: %s", p.got+1, clip(got[p.got].text)))
		default:
			for _, cell := range diffCells(s, want[p.want].cells, got[p.got].cells, false) {
				out = append(out, fmt.Sprintf("row %d: %s", p.want+1, cell))
			}
		}
	}
	return capped(out)
}

func capped(differences []string) []string {
	if more := len(differences) - maxDifferences; more > 0 {
		differences = append(differences[:maxDifferences:maxDifferences], fmt.Sprintf("and %d more differences", more))
	}
	return differences
}

func clip(text string) string {
	if len(text) <= maxShown {
		return text
	}
	end := maxShown
	for end > 0 && text[end]&0xc0 == 0x80 {
		end--
	}
	return text[:end] + "…"
}

// pair is a wanted row and the row that stands for it; -1 is none.
type pair struct{ want, got int }

// align pairs rows in order: equal ones with each other as far as possible, and what lies between them one by one.
func align(s *schemas.Schema, want, got []row) (pairs []pair) {
	first := 0
	for first < len(want) && first < len(got) && equalRows(s, want[first], got[first]) {
		first++
	}
	last := 0
	for last < len(want)-first && last < len(got)-first && equalRows(s, want[len(want)-1-last], got[len(got)-1-last]) {
		last++
	}
	w, g := want[first:len(want)-last], got[first:len(got)-last]
	from := pair{}
	between := func(to pair) {
		for from.want < to.want || from.got < to.got {
			p := pair{-1, -1}
			if from.want < to.want {
				p.want = first + from.want
				from.want++
			}
			if from.got < to.got {
				p.got = first + from.got
				from.got++
			}
			pairs = append(pairs, p)
		}
	}
	if len(w) != len(g) && len(w) <= maxAligned && len(g) <= maxAligned {
		for _, p := range common(s, w, g) {
			between(p)
			from = pair{p.want + 1, p.got + 1}
		}
	}
	between(pair{len(w), len(g)})
	return pairs
}

// common is a longest common subsequence.
func common(s *schemas.Schema, want, got []row) (pairs []pair) {
	width := len(got) + 1
	equal := make([]bool, (len(want)+1)*width)
	longest := make([]int, (len(want)+1)*width)
	for i := len(want) - 1; i >= 0; i-- {
		for j := len(got) - 1; j >= 0; j-- {
			at := i*width + j
			if equal[at] = equalRows(s, want[i], got[j]); equal[at] {
				longest[at] = longest[at+width+1] + 1
			} else {
				longest[at] = max(longest[at+width], longest[at+1])
			}
		}
	}
	for i, j := 0, 0; i < len(want) && j < len(got); {
		switch at := i*width + j; {
		case equal[at]:
			pairs = append(pairs, pair{i, j})
			i, j = i+1, j+1
		case longest[at+width] >= longest[at+1]:
			i++
		default:
			j++
		}
	}
	return pairs
}

func equalRows(s *schemas.Schema, want, got row) bool {
	return want.text == got.text || sameMembers(rowType(s), want.cells, got.cells)
}

func rowType(s *schemas.Schema) schemas.Type { return schemas.StructOf(s.Fields()...) }

// diffCells tells which cells differ, in the order of the columns; of a part only those that it gives.
func diffCells(s *schemas.Schema, want, got map[string]any, part bool) (out []string) {
	names := s.Names()
	var strangers []string
	for name := range want {
		if _, index, _ := s.Lookup(name); index < 0 {
			strangers = append(strangers, name)
		}
	}
	slices.Sort(strangers)
	t := rowType(s)
	for _, name := range append(names, strangers...) {
		w, given := want[name]
		if part && !given {
			continue
		}
		_, index, _ := s.Lookup(name)
		g, has := got[name]
		if index < 0 && !has && w != nil {
			text := fmt.Sprintf("%s: want %s, and there is no such column", name, clip(render(w)))
			if near := source.Suggest(name, names); near != "" {
				text += "; did you mean `" + near + "`?"
			}
			out = append(out, text)
			continue
		}
		out = diffValue(out, name, member(t, name), w, g)
	}
	return out
}

// diffValue tells where two values differ, as deep inside as it can.
func diffValue(out []string, path string, t schemas.Type, want, got any) []string {
	if same(t, want, got) {
		return out
	}
	if w, ok := want.(map[string]any); ok {
		if g, ok := got.(map[string]any); ok {
			names := maps.Clone(w)
			maps.Copy(names, g)
			for _, name := range slices.Sorted(maps.Keys(names)) {
				out = diffValue(out, path+"."+name, member(t, name), w[name], g[name])
			}
			return out
		}
	}
	if w, ok := want.([]any); ok {
		if g, ok := got.([]any); ok && len(w) == len(g) {
			for i := range w {
				out = diffValue(out, path+"["+strconv.Itoa(i)+"]", element(t), w[i], g[i])
			}
			return out
		}
	}
	return append(out, fmt.Sprintf("%s: want %s, got %s", path, clip(render(want)), clip(render(got))))
}

// diffContains tells which of the wanted parts no row matches, each behind the row that matched the one before.
func diffContains(s *schemas.Schema, want, got []row) (out []string) {
	next := 0
	for i, w := range want {
		found, nearest, least := -1, -1, []string(nil)
		for j := next; j < len(got) && found < 0; j++ {
			cells := diffCells(s, w.cells, got[j].cells, true)
			switch {
			case len(cells) == 0:
				found = j
			case nearest < 0 || len(cells) < len(least):
				nearest, least = j, cells
			}
		}
		if found >= 0 {
			next = found + 1
			continue
		}
		text := fmt.Sprintf("contains, row %d: no row has %s", i+1, clip(w.text))
		if next > 0 {
			text = fmt.Sprintf("contains, row %d: no row behind row %d has %s", i+1, next, clip(w.text))
		}
		if nearest >= 0 {
			text += fmt.Sprintf("; the nearest is row %d: %s", nearest+1, least[0])
			if len(least) > 1 {
				text += fmt.Sprintf(" and %d more", len(least)-1)
			}
		}
		out = append(out, text)
	}
	return capped(out)
}
