package ledger

import "fmt"

// Ledger counts what became of a producer's records. Those of one target are to be added in the order in which they stand
// there, by one goroutine.
type Ledger struct {
	written []int64   // by key: how many records
	seen    [][]uint8 // by key and sequence number: how often, up to 2
	highest []int64   // by key: the greatest sequence number seen; -1 for none
	target  func(key int64) string
	counts  Counts
}

// Counts is the verdict of a ledger.
type Counts struct {
	Written    int64 // by the producer
	Rows       int64 // found
	Lost       int64 // never found
	Duplicated int64 // found again
	Reordered  int64 // found behind a later record of the same key
	Corrupted  int64 // of which the checksum is wrong
	Invented   int64 // that the producer never wrote
	Misplaced  int64 // found in a target that they do not belong to
}

// Wrong is how many records are not exactly once where they belong.
func (c Counts) Wrong() int64 {
	return c.Lost + c.Duplicated + c.Reordered + c.Corrupted + c.Invented + c.Misplaced
}

// Add adds the counts of another ledger.
func (c *Counts) Add(o Counts) {
	c.Written += o.Written
	c.Rows += o.Rows
	c.Lost += o.Lost
	c.Duplicated += o.Duplicated
	c.Reordered += o.Reordered
	c.Corrupted += o.Corrupted
	c.Invented += o.Invented
	c.Misplaced += o.Misplaced
}

// String is one line with every count.
func (c Counts) String() string {
	return fmt.Sprintf("%d rows of %d records: %d lost, %d duplicated, %d reordered, %d corrupted, %d invented, %d misplaced",
		c.Rows, c.Written, c.Lost, c.Duplicated, c.Reordered, c.Corrupted, c.Invented, c.Misplaced)
}

// NewLedger expects written[k] records of each key k, in the target that target names for the key; nil means any.
func NewLedger(written []int64, target func(key int64) string) *Ledger {
	l := &Ledger{written: written, target: target, seen: make([][]uint8, len(written)), highest: make([]int64, len(written))}
	for k, n := range written {
		l.seen[k] = make([]uint8, n)
		l.highest[k] = -1
		l.counts.Written += n
	}
	return l
}

// Ledger returns a ledger that expects every record of s.
func (s Source) Ledger(target func(key int64) string) *Ledger {
	written := make([]int64, s.Keys)
	for k := range written {
		written[k] = (s.Records + s.Keys - 1 - int64(k)) / s.Keys
	}
	return NewLedger(written, target)
}

// Found notes one record of a target.
func (l *Ledger) Found(target string, r Record) {
	c := &l.counts
	c.Rows++
	switch {
	case r.Sum != r.sum():
		c.Corrupted++
		return
	case r.Key < 0 || r.Key >= int64(len(l.written)) || r.Seq < 0 || r.Seq >= l.written[r.Key]:
		c.Invented++
		return
	case l.target != nil && l.target(r.Key) != target:
		c.Misplaced++
	}
	n := &l.seen[r.Key][r.Seq]
	if *n > 0 {
		*n = 2
		c.Duplicated++
		return
	}
	*n = 1
	if r.Seq < l.highest[r.Key] {
		c.Reordered++
		return
	}
	l.highest[r.Key] = r.Seq
}

// Counts is the verdict over all that was found so far.
func (l *Ledger) Counts() Counts {
	c := l.counts
	for _, key := range l.seen {
		for _, n := range key {
			if n == 0 {
				c.Lost++
			}
		}
	}
	return c
}
