package engine_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/engine"
)

func pos(ordinal int64) engine.Position { return engine.Position{Ordinal: ordinal, Incarnation: "i"} }

func known(ordinal int64) *engine.Position { p := pos(ordinal); return &p }

func TestACommitSwapsThePositionsThatItKnew(t *testing.T) {
	reborn := engine.Position{Ordinal: 2, Incarnation: "j"}
	for _, test := range []struct {
		name   string
		have   *engine.Record
		covers engine.Covers
		told   engine.Positions
		want   *engine.Record
	}{
		{
			"a target without a record", nil,
			engine.Covers{"a": {To: pos(5)}}, engine.Positions{"a": pos(3)},
			&engine.Record{Commit: "c", Positions: engine.Positions{"a": pos(5)}, Told: engine.Positions{"a": pos(3)}},
		},
		{
			"other splits stay, and the owner's identity is none", &engine.Record{Run: "r", Generation: 3, Epoch: 4, Commit: "b", Positions: engine.Positions{"a": pos(5), "b": pos(7)}},
			engine.Covers{"a": {Known: known(5), To: pos(9)}}, nil,
			&engine.Record{Commit: "c", Positions: engine.Positions{"a": pos(9), "b": pos(7)}, Told: engine.Positions{}},
		},
		{
			"a position does not go back", &engine.Record{Positions: engine.Positions{"a": pos(5)}},
			engine.Covers{"a": {Known: known(5), To: pos(3)}}, nil,
			&engine.Record{Commit: "c", Positions: engine.Positions{"a": pos(5)}, Told: engine.Positions{}},
		},
		{
			"a position at the same record stays as it was known", &engine.Record{Positions: engine.Positions{"a": pos(5)}},
			engine.Covers{"a": {Known: known(5), To: engine.Position{Ordinal: 5, Incarnation: "i", Fingerprint: "another"}}}, nil,
			&engine.Record{Commit: "c", Positions: engine.Positions{"a": pos(5)}, Told: engine.Positions{}},
		},
		{
			"a new incarnation begins again", &engine.Record{Positions: engine.Positions{"a": pos(5)}},
			engine.Covers{"a": {Known: known(5), To: reborn}}, nil,
			&engine.Record{Commit: "c", Positions: engine.Positions{"a": reborn}, Told: engine.Positions{}},
		},
		{
			"told only grows, but for a new incarnation", &engine.Record{Told: engine.Positions{"a": pos(5), "b": pos(5), "c": pos(5), "d": pos(5)}},
			nil, engine.Positions{"a": pos(3), "b": pos(7), "c": reborn},
			&engine.Record{Commit: "c", Positions: engine.Positions{}, Told: engine.Positions{"a": pos(5), "b": pos(7), "c": reborn, "d": pos(5)}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.have.Advance(test.covers, "c", test.told)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestACommitIsThrownBackWhenAPositionHasMoved(t *testing.T) {
	lostTail := pos(5)
	lostTail.Fingerprint = "another record"
	for _, test := range []struct {
		name  string
		have  *engine.Record
		known *engine.Position
		want  string
	}{
		{"it has gone on", &engine.Record{Positions: engine.Positions{"a": pos(7)}}, known(5), "split a is not at record 5 any more"},
		{"it was absent", &engine.Record{Positions: engine.Positions{"a": pos(7)}}, nil, "split a is at record 7, and was absent"},
		{"it is gone", &engine.Record{}, known(5), "split a is not at record 5 any more"},
		{"the record is gone", nil, known(5), "split a is not at record 5 any more"},
		{"it is of another incarnation", &engine.Record{Positions: engine.Positions{"a": {Ordinal: 5}}}, known(5), "split a is not at record 5 any more"},
		{"it is behind another record", &engine.Record{Positions: engine.Positions{"a": lostTail}}, known(5), "split a is not at record 5 any more"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.have.Advance(engine.Covers{"a": {Known: test.known, To: pos(9)}, "b": {To: pos(1)}}, "c", nil)
			if got != nil || !errors.Is(err, engine.ErrThrownBack) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, %v; want an ErrThrownBack that says %q", got, err, test.want)
			}
			if engine.IsPermanent(err) {
				t.Error("it is permanent, but reading again cures it")
			}
		})
	}
}

// TestAdvanceLeavesItsArguments: a commit that does not land is tried again with the same ones.
func TestAdvanceLeavesItsArguments(t *testing.T) {
	have := &engine.Record{Positions: engine.Positions{"a": pos(5)}, Told: engine.Positions{"a": pos(1)}}
	covers, told := engine.Covers{"a": {Known: known(5), To: pos(9)}}, engine.Positions{"a": pos(2)}
	if _, err := have.Advance(covers, "c", told); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&engine.Record{Positions: engine.Positions{"a": pos(5)}, Told: engine.Positions{"a": pos(1)}}, have); diff != "" {
		t.Errorf("the record (-before +behind):\n%s", diff)
	}
	if _, err := covers.Then(engine.Covers{"a": {Known: known(9), To: pos(12)}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(engine.Covers{"a": {Known: known(5), To: pos(9)}}, covers); diff != "" {
		t.Errorf("the covers (-before +behind):\n%s", diff)
	}
}

// TestAJoinedCommitIsBothInOne: committing joined covers leaves what committing them one by one leaves.
func TestAJoinedCommitIsBothInOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		splits := []string{"a", "b", "c"}
		position := func(atLeast string) engine.Position { // a source never goes back to an incarnation
			return engine.Position{
				Ordinal:     rapid.Int64Range(0, 5).Draw(t, "ordinal"),
				Incarnation: max(atLeast, rapid.SampledFrom([]string{"i", "i", "i", "j"}).Draw(t, "incarnation")),
			}
		}
		record := &engine.Record{Positions: engine.Positions{}}
		first, later := engine.Covers{}, engine.Covers{}
		for _, split := range splits {
			var at *engine.Position
			incarnation := "i"
			if rapid.Bool().Draw(t, "in the target") {
				p := position(incarnation)
				record.Positions[split], at, incarnation = p, &p, p.Incarnation
			}
			if rapid.Bool().Draw(t, "in the first") {
				first[split] = engine.Cover{Known: at, To: position(incarnation)}
				sets := first[split].Sets()
				at, incarnation = &sets, sets.Incarnation
			}
			if rapid.Bool().Draw(t, "in the later") {
				later[split] = engine.Cover{Known: at, To: position(incarnation)}
			}
		}
		joined, err := first.Then(later)
		if err != nil {
			t.Fatal(err)
		}
		got, err := record.Advance(joined, "c2", nil)
		if err != nil {
			t.Fatal(err)
		}
		between, err := record.Advance(first, "c1", nil)
		if err != nil {
			t.Fatal(err)
		}
		want, err := between.Advance(later, "c2", nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v then %v (-one by one +joined):\n%s", first, later, diff)
		}
	})
}

func TestCommittablesThatDoNotFollowAreABug(t *testing.T) {
	first := engine.Covers{"a": {Known: known(2), To: pos(5)}}
	other := known(5)
	other.Incarnation = "j"
	for _, test := range []struct {
		known *engine.Position
		want  string
	}{
		{nil, "split a: a committable goes on from nowhere, and the one before it ends at record 5: this is a bug in iggy-flow"},
		{known(4), "split a: a committable goes on from record 4, and the one before it ends at record 5: this is a bug in iggy-flow"},
		{known(6), "split a: a committable goes on from record 6, and the one before it ends at record 5: this is a bug in iggy-flow"},
		{other, "split a: a committable goes on from record 5, and the one before it ends at record 5: this is a bug in iggy-flow"},
	} {
		_, err := first.Then(engine.Covers{"a": {Known: test.known, To: pos(9)}})
		if err == nil || err.Error() != test.want || !engine.IsPermanent(err) || errors.Is(err, engine.ErrThrownBack) {
			t.Errorf("got %v; want a permanent error: %s", err, test.want)
		}
	}
}

func TestASplitBeginsAtTheGreatestOfWhatIsKnownToBeDurable(t *testing.T) {
	reborn := engine.Position{Ordinal: 1, Incarnation: "j"}
	for _, test := range []struct {
		name   string
		stored *engine.Position
		told   []engine.Position
		want   *engine.Position
	}{
		{"nothing is known", nil, nil, nil},
		{"only stored", known(4), nil, known(4)},
		{"only told", nil, []engine.Position{pos(2), pos(6), pos(5)}, known(6)},
		{"stored is further", known(4), []engine.Position{pos(2)}, known(4)},
		{"told is further", known(4), []engine.Position{pos(2), pos(6)}, known(6)},
		{"a target knows another incarnation than the source", &reborn, []engine.Position{pos(6)}, &reborn},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, engine.Begin(test.stored, test.told...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
