package ledger_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iggy-flow/iggy-flow/internal/ledger"
)

// TestEveryKindOfFaultIsCounted changes a perfect target in one way each.
func TestEveryKindOfFaultIsCounted(t *testing.T) {
	rec := ledger.NewRecord
	damaged := rec(1, 1)
	damaged.Note += "!"
	for _, test := range []struct {
		name  string
		found []ledger.Record
		want  ledger.Counts
	}{
		{"nothing wrong", []ledger.Record{rec(0, 0), rec(1, 0), rec(0, 1), rec(1, 1)}, ledger.Counts{Rows: 4}},
		{"one lost", []ledger.Record{rec(0, 0), rec(1, 0), rec(0, 1)}, ledger.Counts{Rows: 3, Lost: 1}},
		{"all lost", nil, ledger.Counts{Lost: 4}},
		{"one twice", []ledger.Record{rec(0, 0), rec(1, 0), rec(0, 1), rec(1, 1), rec(0, 0)}, ledger.Counts{Rows: 5, Duplicated: 1}},
		{"one thrice", []ledger.Record{rec(0, 0), rec(0, 0), rec(0, 0), rec(1, 0), rec(0, 1), rec(1, 1)}, ledger.Counts{Rows: 6, Duplicated: 2}},
		{"two of a key changed places", []ledger.Record{rec(0, 1), rec(0, 0), rec(1, 0), rec(1, 1)}, ledger.Counts{Rows: 4, Reordered: 1}},
		{"keys have no order between them", []ledger.Record{rec(1, 0), rec(1, 1), rec(0, 0), rec(0, 1)}, ledger.Counts{Rows: 4}},
		{"one damaged", []ledger.Record{rec(0, 0), rec(1, 0), rec(0, 1), damaged}, ledger.Counts{Rows: 4, Lost: 1, Corrupted: 1}},
		{"a sequence number too many", []ledger.Record{rec(0, 0), rec(1, 0), rec(0, 1), rec(1, 1), rec(1, 2)}, ledger.Counts{Rows: 5, Invented: 1}},
		{"a key too many", []ledger.Record{rec(0, 0), rec(1, 0), rec(0, 1), rec(1, 1), rec(2, 0)}, ledger.Counts{Rows: 5, Invented: 1}},
		{"a negative key", []ledger.Record{rec(0, 0), rec(1, 0), rec(0, 1), rec(1, 1), rec(-1, 0)}, ledger.Counts{Rows: 5, Invented: 1}},
	} {
		l := ledger.Source{Records: 4, Keys: 2}.Ledger(nil)
		for _, r := range test.found {
			l.Found("out", r)
		}
		test.want.Written = 4
		if diff := cmp.Diff(test.want, l.Counts()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		if faultless := l.Counts().Wrong() == 0; faultless != (test.want.Wrong() == 0) {
			t.Errorf("%s: Wrong is %d", test.name, l.Counts().Wrong())
		}
	}
}

func TestARecordInAnotherTargetIsMisplaced(t *testing.T) {
	l := ledger.Source{Records: 2, Keys: 2}.Ledger(func(key int64) string { return []string{"even", "odd"}[key] })
	l.Found("even", ledger.NewRecord(0, 0))
	l.Found("even", ledger.NewRecord(1, 0))
	if c := l.Counts(); c.Misplaced != 1 || c.Wrong() != 1 {
		t.Errorf("counts: %s", c)
	}
}

func TestCountsAddUp(t *testing.T) {
	c := ledger.Counts{Written: 1, Rows: 2, Lost: 3, Duplicated: 4, Reordered: 5, Corrupted: 6, Invented: 7, Misplaced: 8}
	c.Add(c)
	if diff := cmp.Diff(ledger.Counts{Written: 2, Rows: 4, Lost: 6, Duplicated: 8, Reordered: 10, Corrupted: 12, Invented: 14, Misplaced: 16}, c); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
