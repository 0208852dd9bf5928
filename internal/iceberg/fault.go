package iceberg

import "slices"

// The codes of faults: stable names of what keeps a record out of a table.
const (
	CodeType     = "column-type"      // the column has an incompatible type in the table
	CodeUnknown  = "column-unknown"   // the table lacks the column
	CodeCase     = "column-case"      // the table has a column whose name differs in case only
	CodeRequired = "null-in-required" // no value where the table requires one
	CodeRange    = "column-range"     // the value does not fit the table's type
)

// Fault is a row that does not fit the table.
type Fault struct {
	Row     int
	Code    string
	Message string
}

// fault is what is wrong, wherever it occurs.
type fault struct{ code, message string }

// faulty is a position of an array and what is wrong there.
type faulty struct {
	at int
	fault
}

// faults gathers what is wrong with an array, in any order of positions.
type faults []faulty

func (f *faults) add(at int, what fault) { *f = append(*f, faulty{at, what}) }

// rows returns one fault per row, ascending: the first that was found.
func (f faults) rows() []Fault {
	slices.SortStableFunc(f, func(a, b faulty) int { return a.at - b.at })
	out := make([]Fault, 0, len(f))
	for i, x := range f {
		if i == 0 || f[i-1].at != x.at {
			out = append(out, Fault{Row: x.at, Code: x.code, Message: x.message})
		}
	}
	return out
}

// parents maps faults of a list's values to the lists that hold them: list i holds [offsets[i], offsets[i+1]) - base.
func (f faults) parents(offsets []int32, base int32, null func(int) bool) (out faults) {
	slices.SortStableFunc(f, func(a, b faulty) int { return a.at - b.at })
	i := 0
	for _, x := range f {
		for int(offsets[i+1]-base) <= x.at {
			i++
		}
		if !null(i) {
			out.add(i, x.fault)
		}
	}
	return out
}
