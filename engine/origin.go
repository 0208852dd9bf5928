package engine

import "slices"

// Run is a stretch of rows that come from consecutive records of one split.
type Run struct {
	Split   string // the input's own name of the part; behind a combiner, its label or path stands in front
	Ordinal int64  // of the first row's record
	Rows    int
}

// Origin says, row for row, which input record each row of a batch comes from, as runs. Rows that were unnested from one
// record share its ordinal, one run each. It is immutable and may be shared.
type Origin []Run

// Len is the number of rows that o describes.
func (o Origin) Len() (n int) {
	for _, r := range o {
		n += r.Rows
	}
	return n
}

// At returns the split and ordinal of row i. It walks the runs: for single rows only, such as rejected ones.
func (o Origin) At(i int) (split string, ordinal int64) {
	for _, r := range o {
		if i < r.Rows {
			return r.Split, r.Ordinal + int64(i)
		}
		i -= r.Rows
	}
	return "", -1
}

// Slice returns the origin of rows [from, to).
func (o Origin) Slice(from, to int) Origin {
	var out Origin
	for _, r := range o {
		if from < r.Rows && to > 0 {
			first := max(from, 0)
			out = append(out, Run{r.Split, r.Ordinal + int64(first), min(to, r.Rows) - first})
		}
		from, to = from-r.Rows, to-r.Rows
	}
	return out
}

// Take returns the origin of the given rows, in their order, which may be any and may repeat rows.
func (o Origin) Take(rows []int32) Origin {
	if len(rows) == 0 {
		return nil
	}
	out := make(Origin, 0, len(o))
	run, start := 0, 0 // the run that held the last row, and its first row
	for _, row := range rows {
		i := int(row)
		if i < start {
			run, start = 0, 0
		}
		for i >= start+o[run].Rows {
			start += o[run].Rows
			run++
		}
		out = out.push(o[run].Split, o[run].Ordinal+int64(i-start), 1)
	}
	return out
}

// push appends n records from ordinal on and extends the last run where it goes on.
func (o Origin) push(split string, ordinal int64, n int) Origin {
	if k := len(o) - 1; k >= 0 && o[k].Split == split && o[k].Ordinal+int64(o[k].Rows) == ordinal {
		o[k].Rows += n
		return o
	}
	return append(o, Run{split, ordinal, n})
}

// Records returns the origin of frames records from ordinal on, without those at the ascending indexes in skip: what an
// input gives a batch some of whose records could not be decoded.
func Records(split string, ordinal int64, frames int, skip []int) Origin {
	out := make(Origin, 0, len(skip)+1)
	next := 0
	for _, s := range skip {
		if s > next {
			out = append(out, Run{split, ordinal + int64(next), s - next})
		}
		next = s + 1
	}
	if frames > next {
		out = append(out, Run{split, ordinal + int64(next), frames - next})
	}
	return out
}

// Concat joins origins in order.
func (o Origin) Concat(others ...Origin) Origin {
	out := slices.Clone(o)
	for _, other := range others {
		for _, r := range other {
			out = out.push(r.Split, r.Ordinal, r.Rows)
		}
	}
	return out
}
