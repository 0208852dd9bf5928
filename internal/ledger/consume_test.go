package ledger_test

import (
	"testing"
	"time"

	"github.com/iggy-flow/iggy-flow/internal/ledger"
	"github.com/iggy-flow/iggy-flow/internal/tabletest"
)

// consume runs a group and wants every record in its table once, in order.
func consume(t *testing.T, c ledger.Consume) ledger.ConsumeFigures {
	t.Helper()
	tabletest.Need(t)
	figures, err := ledger.RunConsume(t, program(t), c, ledger.LengthOf(t).Seed)
	report(t, figures)
	switch {
	case err != nil:
		t.Fatal(err)
	case figures.Counts.Wrong() > 0:
		t.Error(figures.Counts)
	case figures.Counts.Rows < 1000:
		t.Errorf("only %d rows", figures.Counts.Rows)
	}
	return figures
}

// TestCrashIggyToIceberg kills iggy-flow and the broker while records come.
func TestCrashIggyToIceberg(t *testing.T) {
	c := ledger.Consume{Kills: 20, BrokerKills: 5, Patience: time.Minute, Heartbeat: 2 * time.Second, Interval: 100 * time.Millisecond}
	if ledger.LengthOf(t).Full {
		c.Kills, c.BrokerKills = 200, 50
	}
	if f := consume(t, c); f.Killed != c.Kills || f.Brokers != c.BrokerKills {
		t.Errorf("%d and %d kills; want %d and %d", f.Killed, f.Brokers, c.Kills, c.BrokerKills)
	}
}

// TestCrashIggyGroupOfThree has replicas leave and join while records come.
func TestCrashIggyGroupOfThree(t *testing.T) {
	c := ledger.Consume{Changes: 7, Every: 3 * time.Second, Patience: time.Minute, Heartbeat: 2 * time.Second, Interval: 200 * time.Millisecond}
	if ledger.LengthOf(t).Full {
		c.Changes, c.Every, c.Heartbeat, c.Interval = 30, 10*time.Second, 5*time.Second, time.Second
	}
	f := consume(t, c)
	if f.Longest > 45*time.Second {
		t.Errorf("nothing was committed for %s", f.Longest)
	}
	if f.Killed == 0 || f.Asleep == 0 || f.Killed+f.Asleep < c.Changes/4 {
		t.Errorf("only %d replicas were killed, and %d put to sleep", f.Killed, f.Asleep)
	}
}
