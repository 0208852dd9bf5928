package engine_test

import (
	"strings"
	"testing"
)

// The rules of shared splits, each as what is done when it is left out. What they keep from happening is in the names of
// TestEveryRuleIsNeeded's cases.
const (
	noCompare               = "a commit does not look at the positions of its target"
	absentMayBeThere        = "a position that was absent may be there at the commit"
	positionsAssigned       = "a commit sets a position that is behind the target's"
	otherSplitsDropped      = "a commit drops the positions of splits that it does not cover"
	lostRowsKept            = "a split that is lost in the middle of an epoch throws nothing back"
	nothingDropped          = "rows below known are written"
	ownOpenForgotten        = "known is what the target holds, though an own committable is open"
	knownKeptOverLoss       = "known is kept when a split was lost"
	knownKeptOverThrowBack  = "known is kept when everything is thrown back"
	notReadAgain            = "splits are not read again when everything is thrown back"
	onlyFailedThrownBack    = "what other targets were to get is not thrown back"
	laterEpochsKept         = "later epochs are not thrown back"
	toldEarly               = "inputs are told when the first target has committed"
	toldWithItself          = "a record tells what its own commit is part of"
	storedAtBarrier         = "offsets are stored at the barrier"
	beginsAtPositions       = "a split begins at the positions of targets, not at what they were told"
	givenUpUncommitted      = "a revoked split is given up before its checkpoint is committed"
	revokedStaysCovered     = "a revoked split is covered by epochs behind its last one"
	unansweredIsDone        = "a commit without an answer counts as done"
	filesDeletedUnderCommit = "files are deleted while a commit of them may be under way"
	joinedKnownOfLater      = "a joined commit compares with what the last committable knew"
	joinedToOfLater         = "a joined commit ends where the last committable does, though an earlier one goes further"
)

// play runs a group until all is written, or until something is wrong.
func play(seed uint64, broken string) *group {
	g := newGroup(seed, broken)
	for range 60 + g.rng.IntN(240) {
		if g.chance(20) {
			g.disturb()
		}
		if r := g.replicas[g.rng.IntN(len(g.replicas))]; !r.stopped {
			r.step()
		}
		if g.wrong != "" {
			return g
		}
	}
	g.finish()
	return g
}

// finish stops all faults and leaves one replica, which is fresh or goes on with what it believes.
func (g *group) finish() {
	g.ending = true
	// What the others have done, and what of its own commits is still on its way, may throw it back: once for each.
	g.allowed = 1
	r := g.replicas[g.rng.IntN(len(g.replicas))]
	if g.chance(30) {
		r = newReplica(g)
	}
	r.stopped = false
	g.note("%s goes on alone", r.name)
	for _, s := range g.splits {
		if s.owner != r || s.next != nil {
			g.assign(s, r)
		}
	}
	for range 4000 {
		if g.chance(10) {
			g.landOne()
		}
		r.step()
		if g.wrong != "" {
			return
		}
		if len(g.requests) == 0 && r.finished() {
			for i, s := range g.splits {
				g.checkDurable("at the end", i, int64(len(s.route)))
			}
			return
		}
	}
	g.violate("one replica alone makes no progress")
}

func (r *replica) finished() bool {
	for i, s := range r.g.splits {
		if h := r.holds[i]; h == nil || h.next < int64(len(s.route)) {
			return false
		}
	}
	for _, p := range r.parts {
		if len(p.rows) > 0 {
			return false
		}
	}
	return len(r.open) == 0 && r.job == nil
}

// TestSharedSplitsLoseAndDoubleNothing plays replicas, moves of splits, crashes, zombies, lost answers and a forgetful
// broker against targets.
func TestSharedSplitsLoseAndDoubleNothing(t *testing.T) {
	seeds := uint64(5_000)
	if testing.Short() {
		seeds = 2_000
	}
	for seed := range seeds {
		if g := play(seed, ""); g.wrong != "" {
			t.Fatalf("seed %d: %s\n%s", seed, g.wrong, strings.Join(g.trace, "\n"))
		}
	}
}

// onlyWithRows leaves out a rule that the model finds no use of: a split without rows is covered so that the record says
// how far the target is, and nothing depends on it.
const onlyWithRows = "a committable covers only the splits that it has rows of"

func TestNothingDependsOnCoveringSplitsWithoutRows(t *testing.T) {
	for seed := range uint64(2_000) {
		if g := play(seed, onlyWithRows); g.wrong != "" {
			t.Fatalf("seed %d: %s\n%s", seed, g.wrong, strings.Join(g.trace, "\n"))
		}
	}
}

// TestEveryRuleIsNeeded leaves out one rule at a time and finds what it prevents.
func TestEveryRuleIsNeeded(t *testing.T) {
	for _, rule := range []string{
		noCompare, absentMayBeThere, positionsAssigned, otherSplitsDropped, lostRowsKept,
		nothingDropped, ownOpenForgotten, knownKeptOverLoss, knownKeptOverThrowBack, notReadAgain, onlyFailedThrownBack,
		laterEpochsKept, toldEarly, toldWithItself, storedAtBarrier, beginsAtPositions, givenUpUncommitted, revokedStaysCovered,
		unansweredIsDone, filesDeletedUnderCommit, joinedKnownOfLater, joinedToOfLater,
	} {
		t.Run(rule, func(t *testing.T) {
			const seeds = 20_000
			for seed := range uint64(seeds) {
				if g := play(seed, rule); g.wrong != "" {
					t.Logf("seed %d: %s", seed, g.wrong)
					return
				}
			}
			t.Errorf("%d seeds find nothing wrong", seeds)
		})
	}
}
