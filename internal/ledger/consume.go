package ledger

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

// Consume says what is done to a consumer group that moves a topic of Iggy to five Iceberg tables.
type Consume struct {
	Kills       int           // of a single replica, at random moments
	BrokerKills int           // between them
	Changes     int           // or of three replicas: one leaves or joins each time
	Every       time.Duration // between the changes
	Patience    time.Duration // for everything to be in the tables, when all has become quiet
	Heartbeat   time.Duration // of the broker
	Interval    time.Duration // of checkpoints
}

// ConsumeFigures are what the group shows.
type ConsumeFigures struct {
	Seed    uint64
	Killed  int // replicas, by SIGKILL
	Asleep  int // by SIGSTOP, and later woken up
	Stopped int // by SIGTERM
	Brokers int // brokers killed
	Joined  int
	Counts  Counts
	Longest time.Duration // without progress while records came
	Settled time.Duration // from the last record to all of them in the tables
	Took    time.Duration
}

// String is a report for people.
func (f ConsumeFigures) String() string {
	return fmt.Sprintf("Iggy to Iceberg, 5 routed tables: seed %d, %d replicas killed, %d asleep, %d stopped, %d joined, %d brokers killed in %s\n"+
		"  longest pause %s, everything committed %s after the last change\n  %s\n",
		f.Seed, f.Killed, f.Asleep, f.Stopped, f.Joined, f.Brokers, f.Took.Round(time.Second), f.Longest.Round(time.Millisecond), f.Settled.Round(time.Millisecond), f.Counts)
}

// group is a consumer group under way.
type group struct {
	what     Consume
	pipeline Pipeline
	random   *rand.Rand
	broker   *Broker
	producer *producer
	lives    [replicas]*Process
	asleep   [replicas]bool
	left     int // departures so far
	figures  ConsumeFigures

	last  int64     // committed when last looked at
	since time.Time // of last
}

// RunConsume does to a group what c says, in an order by seed. An error is a replica that ends by itself, no progress, or
// records that are not committed in time.
func RunConsume(t testing.TB, program string, c Consume, seed uint64) (ConsumeFigures, error) {
	t.Helper()
	began, dir := time.Now(), t.TempDir()
	b, err := StartBroker(program, dir, c.Heartbeat)
	if err != nil {
		return ConsumeFigures{}, err
	}
	defer func() { _ = b.Kill() }() // its data goes with the test
	p, err := newProducer(t.Context(), b.Address)
	if err != nil {
		return ConsumeFigures{}, err
	}
	defer p.client.Close()
	g := &group{
		what: c, random: rand.New(rand.NewPCG(seed, 0)), broker: b, producer: p, figures: ConsumeFigures{Seed: seed}, since: time.Now(),
		pipeline: Pipeline{Program: program, Dir: dir, Document: "crash.yaml", State: filepath.Join(dir, "state"), Lifetime: time.Hour},
	}
	document := fmt.Sprintf(`name: crash
input:
  iggy: {address: "%s", username: %s, password: %s, stream: shop, topic: orders, consumer_group: %s, start: first}
  schema: `+Schema+`
output:
  iceberg:
    catalog: {type: sql, uri: "sqlite:lake/catalog.db", warehouse: lake/warehouse}
    route: '"shop.t" + string(key %% 5)'
checkpoint: {interval: %s}
`, b.Address, brokerUser, brokerPassword, topicGroup, c.Interval)
	if err := os.WriteFile(filepath.Join(dir, g.pipeline.Document), []byte(document), 0o644); err != nil {
		return g.figures, err
	}
	if err := g.run(t.Context()); err != nil {
		for _, p := range g.lives {
			if p != nil {
				p.Signal(syscall.SIGCONT)
				p.Signal(syscall.SIGQUIT)
				p.Wait()
				err = fmt.Errorf("%w\n%s", err, p.Output())
			}
		}
		return g.figures, err
	}
	l := p.ledger()
	ReadTables(t, filepath.Join(dir, "lake", "catalog.db"), l)
	g.figures.Counts, g.figures.Took = l.Counts(), time.Since(began)
	return g.figures, nil
}

func (g *group) run(ctx context.Context) error {
	producing, quiet := context.WithCancel(ctx)
	defer quiet()
	produced := make(chan error, 1)
	go func() { produced <- g.producer.run(producing) }()
	err := g.act(ctx)
	quiet()
	if err = errors.Join(err, <-produced); err != nil {
		return err
	}
	return g.settle(ctx)
}

func (g *group) act(ctx context.Context) error {
	if g.what.Changes == 0 {
		return g.crash(ctx)
	}
	for i := range g.lives {
		if err := g.join(i); err != nil {
			return err
		}
	}
	for range g.what.Changes {
		if err := g.pass(ctx, g.what.Every); err != nil {
			return err
		}
		if err := g.change(); err != nil {
			return err
		}
	}
	return nil
}

// crash kills one replica and the broker.
func (g *group) crash(ctx context.Context) error {
	if err := g.join(0); err != nil {
		return err
	}
	acts := append(slices.Repeat([]bool{true}, g.what.Kills), slices.Repeat([]bool{false}, g.what.BrokerKills)...)
	g.random.Shuffle(len(acts), func(i, j int) { acts[i], acts[j] = acts[j], acts[i] })
	for _, replica := range acts {
		moment := time.Duration(g.random.Int64N(int64(startSpan)))
		if g.random.IntN(4) > 0 {
			if err := g.progress(ctx); err != nil {
				return err
			}
			moment = time.Duration(g.random.Int64N(int64(2 * g.what.Interval)))
		}
		if err := g.pass(ctx, moment); err != nil {
			return err
		}
		if replica {
			if err := g.leave(0, syscall.SIGKILL); err != nil {
				return err
			}
			if err := g.join(0); err != nil {
				return err
			}
			continue
		}
		if err := g.broker.Kill(); err != nil {
			return err
		}
		g.figures.Brokers++
		<-time.After(time.Duration(g.random.Int64N(int64(startSpan))))
		if err := g.broker.Restart(); err != nil {
			return err
		}
	}
	return nil
}

// change has one replica leave, or join where one is away.
func (g *group) change() error {
	i := g.random.IntN(replicas)
	working := 0
	for j := range g.lives {
		if g.lives[j] != nil && !g.asleep[j] {
			working++
		}
	}
	switch {
	case g.asleep[i]:
		g.asleep[i] = false
		g.figures.Joined++
		g.lives[i].Signal(syscall.SIGCONT)
		return nil
	case g.lives[i] == nil:
		return g.join(i)
	case working == 1:
		return g.change() // somebody goes on
	}
	s := departures[g.left%len(departures)]
	g.left++
	if s == syscall.SIGSTOP {
		g.asleep[i] = true
		g.figures.Asleep++
		g.lives[i].Signal(s)
		return nil
	}
	return g.leave(i, s)
}

// departures are how replicas leave, in turn: half of them by SIGKILL.
var departures = [...]syscall.Signal{syscall.SIGKILL, syscall.SIGSTOP, syscall.SIGKILL, syscall.SIGTERM}

func (g *group) join(i int) (err error) {
	p := g.pipeline
	p.Flags = []string{"--replica", fmt.Sprint("r", i)}
	g.figures.Joined++
	g.lives[i], err = p.Start()
	return err
}

// leave ends a replica by s, and waits.
func (g *group) leave(i int, s syscall.Signal) error {
	p := g.lives[i]
	p.Signal(s)
	end := p.Wait()
	switch {
	case end == Killed && s == syscall.SIGKILL:
		g.figures.Killed++
	case end == Stopped && s == syscall.SIGTERM:
		g.figures.Stopped++
	default:
		return fmt.Errorf("a replica that got signal %d ended with %d:\n%s", s, end, p.Output())
	}
	g.lives[i] = nil
	return nil
}

// look notes progress, and what ended by itself.
func (g *group) look(ctx context.Context) error {
	for i, p := range g.lives {
		if p == nil || g.asleep[i] {
			continue
		}
		select {
		case <-p.Done():
			return errors.New("a replica ended by itself")
		default:
		}
	}
	_, sum, err := g.producer.stored(ctx)
	if err != nil {
		return err
	}
	g.figures.Longest = max(g.figures.Longest, time.Since(g.since))
	if sum != g.last {
		g.last, g.since = sum, time.Now()
	}
	if time.Since(g.since) > lifetime {
		return fmt.Errorf("nothing was committed for %s", lifetime)
	}
	return nil
}

// lookEvery is how often the group is looked at: what happens is in other processes.
const lookEvery = 20 * time.Millisecond

// pass lets everybody work for a while.
func (g *group) pass(ctx context.Context, d time.Duration) error {
	for end := time.Now().Add(d); ; {
		if err := g.look(ctx); err != nil {
			return err
		}
		left := time.Until(end)
		if left <= 0 {
			return nil
		}
		<-time.After(min(left, lookEvery))
	}
}

// progress waits until more is committed.
func (g *group) progress(ctx context.Context) error {
	for before := g.last; g.last <= before; {
		if err := g.pass(ctx, lookEvery); err != nil {
			return err
		}
	}
	return nil
}

// settle waits until everything is committed, and stops the replicas.
func (g *group) settle(ctx context.Context) error {
	began, ends := time.Now(), g.producer.written()
	for {
		at, _, err := g.producer.stored(ctx)
		if err != nil {
			return err
		}
		if at == ends {
			break
		}
		if time.Since(began) > g.what.Patience {
			return fmt.Errorf("not everything is committed after %s of quiet: the topic has %v, and %v are stored", g.what.Patience, ends, at)
		}
		if err := g.pass(ctx, lookEvery); err != nil {
			return err
		}
	}
	g.figures.Settled = time.Since(began)
	for i, p := range g.lives {
		if p == nil {
			continue
		}
		if g.asleep[i] {
			g.asleep[i] = false
			p.Signal(syscall.SIGCONT)
		}
		if err := g.leave(i, syscall.SIGTERM); err != nil {
			return err
		}
	}
	return nil
}
