package iceberg

import (
	"slices"
	"strings"
	"sync"

	"github.com/iggy-flow/iggy-flow/engine"
)

// tally counts the rows written to each table. It is safe for concurrent use.
type tally struct {
	mu   sync.Mutex
	rows map[string]int64
}

func (t *tally) add(table string, rows int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rows == nil {
		t.rows = map[string]int64{}
	}
	t.rows[table] += int64(rows)
}

// Report implements engine.Reporter.
func (o *output) Report() []engine.TargetRows {
	o.written.mu.Lock()
	defer o.written.mu.Unlock()
	out := make([]engine.TargetRows, 0, len(o.written.rows))
	for table, rows := range o.written.rows {
		out = append(out, engine.TargetRows{Target: table, Rows: rows})
	}
	slices.SortFunc(out, func(a, b engine.TargetRows) int { return strings.Compare(a.Target, b.Target) })
	return out
}

// BufferBytes implements engine.Buffered.
func (o *output) BufferBytes() int64 { return int64(o.config.Write.MaxBuffer) }
