package source

import "slices"

// Suggest returns the candidate nearest to word, or "" when none is near enough to be what was meant.
//
// Nearness is the edit distance with transpositions; a third of the word's length may differ. Of equally near ones the
// first in alphabetical order is taken, so that the answer does not depend on map order.
func Suggest(word string, candidates []string) string {
	best, at := max(len([]rune(word))/3, 1)+1, ""
	sorted := slices.Clone(candidates)
	slices.Sort(sorted)
	for _, c := range sorted {
		if d := distance([]rune(word), []rune(c)); d < best {
			best, at = d, c
		}
	}
	return at
}

// distance is the optimal string alignment distance (Damerau-Levenshtein without repeated edits of one substring).
func distance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
