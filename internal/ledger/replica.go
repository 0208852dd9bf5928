package ledger

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/iggy-flow/iggy-flow/internal/failpoint"
	"github.com/iggy-flow/iggy-flow/internal/ledger/logserver"
)

// The shape of the log: its keys are dealt to partitions, so that each has an order.
const (
	LogPartitions = 6
	logKeys       = 50 // in each partition
	replicas      = 3
)

// LogRecord is the line of a record of the log.
func LogRecord(partition int, offset int64) string {
	return NewRecord(int64(partition)+LogPartitions*(offset%logKeys), offset/logKeys).JSON()
}

// LogInput puts the input `log` into the program.
func LogInput() []Patch {
	const file = "cmd/iggy-flow/root.go"
	return []Patch{
		{file, "\toutputs.Register(r)\n", "\toutputs.Register(r)\n\tloginput.Register(r)\n"},
		{file, "\t\"github.com/iggy-flow/iggy-flow/inputs\"\n", "\t\"github.com/iggy-flow/iggy-flow/inputs\"\n\t\"github.com/iggy-flow/iggy-flow/internal/ledger/loginput\"\n"},
	}
}

// Replicas says what is done to replicas that share a log.
type Replicas struct {
	Deck         // kills
	Zombies  int // of which one sleeps by SIGSTOP until its partitions are others', and wakes up
	Moves    int // of a partition whose owner is asked
	Steals   int // of one whose owner is not
	Patience time.Duration
}

// ReplicaPoints are the failpoints on the way of replicas, which keep no state.
func ReplicaPoints() []failpoint.Point {
	return []failpoint.Point{
		failpoint.InputRead, failpoint.IcebergFiles, failpoint.OutputPrepared, failpoint.IcebergStaged, failpoint.IcebergCommitted, failpoint.CommitTarget, failpoint.InputTold,
	}
}

// ReplicaFigures are what replicas show.
type ReplicaFigures struct {
	Seed   uint64
	Acts   map[string]int // kills, zombies, moves and steals, by kind
	Log    logserver.Status
	Counts Counts
	Took   time.Duration
}

// Kills is the number of processes that were killed.
func (f ReplicaFigures) Kills() (n int) {
	for kind, k := range f.Acts {
		if kind != zombieAct && kind != moveAct && kind != stealAct {
			n += k
		}
	}
	return n
}

// String is a report for people.
func (f ReplicaFigures) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "a log to Iceberg by %d replicas: seed %d, %d kills in %s; %d partitions moved, %d members were thought dead, %d offsets were forgotten\n",
		replicas, f.Seed, f.Kills(), f.Took.Round(time.Second), f.Log.Moves, f.Log.Expired, f.Log.Forgot)
	for _, kind := range slices.Sorted(maps.Keys(f.Acts)) {
		fmt.Fprintf(&b, "  %5d %s\n", f.Acts[kind], kind)
	}
	fmt.Fprintf(&b, "  %s\n", f.Counts)
	return b.String()
}

// The acts that kill nobody.
const (
	zombieAct = "zombie"
	moveAct   = "partition moved"
	stealAct  = "partition stolen"
)

// herd is the replicas under way.
type herd struct {
	pipeline Pipeline
	random   *rand.Rand
	log      *logserver.Client
	lives    []*Process
	figures  ReplicaFigures
}

// The pace of the log: each act meets this many new records in every partition, and a replica that is to come to a
// failpoint gets more from time to time.
const (
	actRecords  = 1500
	moreRecords = 300
	moreEvery   = 50 * time.Millisecond
	sleep       = 1300 * time.Millisecond // of a zombie: longer than the server's patience
)

// Replicate runs replicas of one document over the log at address, and does to them what r says, in an order by seed. An
// error is one that fails, or records that are not told in time when all has become quiet.
func Replicate(t testing.TB, program, address string, log *logserver.Client, r Replicas, seed uint64, until time.Time) (ReplicaFigures, error) {
	t.Helper()
	began, dir := time.Now(), t.TempDir()
	h := &herd{
		pipeline: Pipeline{Program: program, Dir: dir, Document: "crash.yaml", State: filepath.Join(dir, "state"), Lifetime: time.Hour},
		random:   rand.New(rand.NewPCG(seed, 0)), log: log, figures: ReplicaFigures{Seed: seed, Acts: map[string]int{}},
	}
	document := "name: crash\ninput:\n  log: {address: \"" + address + "\"}\n  schema: " + Schema + `
output:
  iceberg:
    catalog: {type: sql, uri: "sqlite:lake/catalog.db", warehouse: lake/warehouse}
    route: '"shop.t" + string(key % 5)'
checkpoint: {interval: 100ms}
`
	if err := os.WriteFile(filepath.Join(dir, h.pipeline.Document), []byte(document), 0o644); err != nil {
		return h.figures, err
	}
	err := h.run(r, until)
	if err != nil {
		for _, p := range h.lives {
			p.Signal(syscall.SIGKILL)
			p.Wait()
			err = fmt.Errorf("%w\n%s", err, p.Output())
		}
		return h.figures, err
	}
	l := h.ledger()
	ReadTables(t, filepath.Join(dir, "lake", "catalog.db"), l)
	h.figures.Counts, h.figures.Took = l.Counts(), time.Since(began)
	return h.figures, nil
}

// ledger expects every record of the log.
func (h *herd) ledger() *Ledger {
	written := make([]int64, LogPartitions*logKeys)
	for k := range written {
		end, place := h.figures.Log.Ends[k%LogPartitions], int64(k/LogPartitions)
		written[k] = (end + logKeys - 1 - place) / logKeys
	}
	return NewLedger(written, table)
}

func (h *herd) run(r Replicas, until time.Time) error {
	for i := range replicas {
		p, err := h.start(i)
		if err != nil {
			return err
		}
		h.lives = append(h.lives, p)
	}
	acts := slices.Concat(slices.Repeat([]string{zombieAct}, r.Zombies), slices.Repeat([]string{moveAct}, r.Moves), slices.Repeat([]string{stealAct}, r.Steals))
	points := map[string]card{}
	for _, c := range r.shuffled(h.random) {
		acts, points[c.String()] = append(acts, c.String()), c
	}
	h.random.Shuffle(len(acts), func(i, j int) { acts[i], acts[j] = acts[j], acts[i] })
	for _, act := range acts {
		if time.Now().After(until) {
			break
		}
		if err := h.log.Append(actRecords); err != nil {
			return err
		}
		if err := h.act(act, points[act]); err != nil {
			return fmt.Errorf("at %s, after %d kills: %w", act, h.figures.Kills(), err)
		}
		h.figures.Acts[act]++
	}
	return h.settle(r.Patience)
}

func (h *herd) start(i int, environment ...string) (*Process, error) {
	p := h.pipeline
	p.Flags = []string{"--replica", fmt.Sprint("r", i)}
	return p.Start(environment...)
}

// act does one thing to a replica, and lets the others go on.
func (h *herd) act(act string, c card) error {
	i := h.random.IntN(replicas)
	moment := time.Duration(h.random.Int64N(int64(startSpan)))
	switch act {
	case moveAct:
		return errors.Join(h.log.Move(h.random.IntN(LogPartitions)), h.wait(moment))
	case stealAct:
		return errors.Join(h.log.Steal(h.random.IntN(LogPartitions)), h.wait(moment))
	case zombieAct:
		if err := h.wait(moment); err != nil {
			return err
		}
		h.lives[i].Signal(syscall.SIGSTOP)
		if !h.lives[i].asleep() {
			return errors.New("a replica ended by itself")
		}
		err := h.others(i, sleep)
		h.lives[i].Signal(syscall.SIGCONT)
		return err
	}
	environment := []string{}
	if !c.random {
		if err := h.gather(); err != nil { // before it has joined it may not know what to do with a signal
			return err
		}
		h.lives[i].Signal(syscall.SIGTERM) // the one that comes to the failpoint takes its place
		if end := h.lives[i].Wait(); end != Stopped && end != Killed {
			return fmt.Errorf("a replica that was to stop ended with %d", end)
		}
		environment = append(environment, fmt.Sprintf("%s=%s=kill@%d", failpoint.Variable, c.point, 1+h.random.IntN(frequent(c.point))))
		armed, err := h.start(i, environment...)
		if err != nil {
			return err
		}
		h.lives[i] = armed
		if err := h.feed(armed); err != nil {
			return err
		}
	} else {
		if err := h.wait(moment); err != nil {
			return err
		}
		h.lives[i].Signal(syscall.SIGKILL)
	}
	if end := h.lives[i].Wait(); end != Killed {
		return fmt.Errorf("a replica ended with %d before it was killed", end)
	}
	p, err := h.start(i)
	if err == nil {
		h.lives[i] = p
	}
	return err
}

// gather waits until every replica is a member.
func (h *herd) gather() error {
	tick := time.NewTicker(time.Millisecond) // the event is in other processes
	defer tick.Stop()
	for late := time.After(lifetime); ; {
		status, err := h.log.Status()
		if err != nil || status.Members == replicas {
			return err
		}
		if err := h.wait(0); err != nil {
			return err
		}
		select {
		case <-late:
			return fmt.Errorf("only %d of %d replicas have joined", status.Members, replicas)
		case <-tick.C:
		}
	}
}

// feed appends records until p has come to its failpoint.
func (h *herd) feed(p *Process) error {
	tick := time.NewTicker(moreEvery)
	defer tick.Stop()
	late := time.After(lifetime)
	for {
		select {
		case <-p.Done():
			return nil
		case <-late:
			return errors.New("the replica does not come to its failpoint")
		case <-tick.C:
			if err := h.log.Append(moreRecords); err != nil {
				return err
			}
		}
	}
}

// wait lets everybody work for a while.
func (h *herd) wait(d time.Duration) error { return h.others(-1, d) }

// others lets all but one work for a while. None may end by itself.
func (h *herd) others(but int, d time.Duration) error {
	<-time.After(d)
	for i, p := range h.lives {
		if i == but {
			continue
		}
		select {
		case <-p.Done():
			return errors.New("a replica ended by itself")
		default:
		}
	}
	return nil
}

// settle waits until every record was told to the log, and stops the replicas.
func (h *herd) settle(patience time.Duration) error {
	tick := time.NewTicker(moreEvery) // the event is in other processes
	defer tick.Stop()
	late := time.After(patience)
	for {
		var err error
		if h.figures.Log, err = h.log.Status(); err != nil {
			return err
		}
		if slices.Equal(h.figures.Log.Ends, h.figures.Log.Stored) {
			break
		}
		if err := h.wait(0); err != nil {
			return err
		}
		select {
		case <-late:
			return fmt.Errorf("not everything is told after %s of quiet: the log ends at %v, and %v are stored", patience, h.figures.Log.Ends, h.figures.Log.Stored)
		case <-tick.C:
		}
	}
	if err := h.gather(); err != nil {
		return err
	}
	for _, p := range h.lives {
		p.Signal(syscall.SIGTERM)
	}
	for _, p := range h.lives {
		if end := p.Wait(); end != Stopped && end != Killed {
			return fmt.Errorf("a replica that was to stop ended with %d", end)
		}
	}
	return nil
}
