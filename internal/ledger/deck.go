package ledger

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/iggy-flow/iggy-flow/internal/failpoint"
)

// Deck says how often a pipeline is killed where.
type Deck struct {
	Random int               // at moments that know nothing of what it does
	Each   int               // at each of Points
	Points []failpoint.Point // of the scenario; their order does not matter
}

// Size is the number of kills.
func (d Deck) Size() int { return d.Random + d.Each*len(d.Points) }

// card is one kill to come.
type card struct {
	random bool
	point  failpoint.Point
}

func (c card) String() string {
	if c.random {
		return "random"
	}
	return c.point.String()
}

func (d Deck) shuffled(random *rand.Rand) []card {
	cards := slices.Repeat([]card{{random: true}}, d.Random)
	for _, p := range d.Points {
		cards = append(cards, slices.Repeat([]card{{point: p}}, d.Each)...)
	}
	random.Shuffle(len(cards), func(i, j int) { cards[i], cards[j] = cards[j], cards[i] })
	return cards
}

// The moments of random kills: a quarter of them while the process starts and commits again, the others behind one of
// its checkpoints.
const (
	startSpan = 200 * time.Millisecond
	spanMax   = 60 * time.Millisecond
	savesMax  = 3
)

// frequent is how often a point is passed within a few epochs, where that is more than once in each.
func frequent(p failpoint.Point) int {
	switch p {
	case failpoint.InputRead, failpoint.DeadLetterWrite:
		return 20
	case failpoint.IcebergFiles, failpoint.IcebergStaged, failpoint.IcebergCommitted, failpoint.CommitTarget:
		return 8 // one for each table
	default:
		return 3
	}
}

// stopping reports whether a point is passed only by a pipeline that ends.
func stopping(p failpoint.Point) bool { return p == failpoint.StopBegun || p == failpoint.StopSettled }

// play starts a process and kills it as c says. worked reports whether it was killed behind a checkpoint of its own or at
// a failpoint, not while it started.
func (c card) play(pl Pipeline, random *rand.Rand) (p *Process, end End, worked bool, err error) {
	if !c.random {
		p, err = c.playPoint(pl, random)
		if err != nil {
			return nil, Failed, false, err
		}
		return p, p.Wait(), true, nil
	}
	saves, within := 1+random.IntN(savesMax), time.Duration(random.Int64N(int64(spanMax)))
	if random.IntN(4) == 0 {
		saves, within = 0, time.Duration(random.Int64N(int64(startSpan)))
	}
	if p, err = pl.Start(); err != nil {
		return nil, Failed, false, err
	}
	if p.Await(saves) {
		select {
		case <-time.After(within):
		case <-p.Done():
		}
		p.Signal(syscall.SIGKILL)
	}
	return p, p.Wait(), p.Saves() > 0, nil
}

func (c card) playPoint(pl Pipeline, random *rand.Rand) (*Process, error) {
	hit := 1 + random.IntN(frequent(c.point))
	if stopping(c.point) {
		hit = 1
	}
	p, err := pl.Start(failpoint.Variable + "=" + c.point.String() + "=kill@" + strconv.Itoa(hit))
	if err == nil && stopping(c.point) && p.Await(1+random.IntN(savesMax)) {
		p.Signal(syscall.SIGTERM)
	}
	return p, err
}
