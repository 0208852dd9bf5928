package ledger

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the catalog's driver

	"github.com/iggy-flow/iggy-flow/internal/failpoint"
)

// ZombieFigures are what a run of zombies shows.
type ZombieFigures struct {
	Fenced  int // rounds in which the zombie was refused by a target and ended
	Outrun  int // rounds in which it found all of its work done by its successor
	Blocked int // rounds in which it slept on the catalog's lock, so that nobody could overtake it
	Counts  Counts
}

// String is a report for people.
func (f ZombieFigures) String() string {
	return fmt.Sprintf("%d zombies fenced, %d found nothing to do, %d slept on the catalog's lock\n  %s\n", f.Fenced, f.Outrun, f.Blocked, f.Counts)
}

// zombiePoints are where half of the zombies fall asleep; the others do at random moments.
var zombiePoints = [...]failpoint.Point{
	failpoint.OutputPrepared, failpoint.CheckpointBefore, failpoint.CheckpointTemporary, failpoint.CheckpointLinked, failpoint.CheckpointRenamed,
	failpoint.CheckpointAfter, failpoint.IcebergFiles, failpoint.IcebergStaged, failpoint.IcebergCommitted, failpoint.CommitTarget, failpoint.InputTold,
}

// blockedAfter is how long a successor may get nothing committed before the round is given up: its zombie sleeps within a
// transaction of the catalog.
const blockedAfter = 3 * time.Second

// zombies is a run under way.
type zombies struct {
	*run
	figures ZombieFigures
	made    int // state directories of this round of the source
}

// Zombie puts a process to sleep by SIGSTOP, starts a successor with a copy of its state, lets it commit to every table,
// and wakes the zombie up by SIGCONT, until as many as wanted were fenced. The scenario's output must fence: a file's
// lock is that of the state directory, which a copy leaves behind.
func Zombie(t testing.TB, program string, s Scenario, fenced int, seed uint64, until time.Time) (ZombieFigures, error) {
	t.Helper()
	r, err := newRun(t, program, s, seed)
	if err != nil {
		return ZombieFigures{}, err
	}
	z := &zombies{run: r}
	if err := z.begin(); err != nil {
		return z.figures, err
	}
	for z.figures.Fenced < fenced && time.Now().Before(until) {
		over, err := complete(z.pipeline.State)
		if err != nil {
			return z.figures, err
		}
		if over {
			if err := errors.Join(z.end(), z.begin()); err != nil {
				return z.figures, err
			}
		}
		if err := z.round(); err != nil {
			return z.figures, fmt.Errorf("after %d fenced zombies: %w", z.figures.Fenced, err)
		}
	}
	err = z.end()
	z.figures.Counts = z.run.figures.Counts
	return z.figures, err
}

// round is one zombie and its successor, whose state the next round goes on with.
func (z *zombies) round() error {
	var environment []string
	if z.random.IntN(2) == 0 {
		p := zombiePoints[z.random.IntN(len(zombiePoints))]
		environment = []string{fmt.Sprintf("%s=%s=stop@%d", failpoint.Variable, p, 1+z.random.IntN(frequent(p)))}
	}
	zombie, err := z.pipeline.Start(environment...)
	if err != nil {
		return err
	}
	if environment == nil && zombie.Await(1+z.random.IntN(savesMax)) {
		select {
		case <-time.After(time.Duration(z.random.Int64N(int64(spanMax)))):
		case <-zombie.Done():
		}
		zombie.Signal(syscall.SIGSTOP)
	}
	if !zombie.asleep() {
		if zombie.Wait() != Finished {
			return fmt.Errorf("the pipeline ended by itself:\n%s", zombie.Output())
		}
		return nil
	}
	successor, err := z.succeed()
	if err != nil {
		return errors.Join(err, zombie.end(syscall.SIGKILL))
	}
	overtaken, err := z.overtaken(successor)
	if err != nil || !overtaken {
		z.figures.Blocked++
		return errors.Join(err, successor.end(syscall.SIGKILL), zombie.end(syscall.SIGKILL))
	}
	zombie.Signal(syscall.SIGCONT)
	switch end := zombie.Wait(); {
	case end == Failed && refused(zombie.Output()):
		z.figures.Fenced++
	case end == Finished:
		z.figures.Outrun++
	default:
		err = fmt.Errorf("the zombie ended with neither a refusal nor all done:\n%s", zombie.Output())
	}
	return errors.Join(err, successor.end(syscall.SIGKILL))
}

// refused reports whether a process was told that another one writes its tables: of the same run, or, where it fell asleep
// before it had stored that there is one, of another.
func refused(output string) bool {
	return strings.Contains(output, "has overtaken") || strings.Contains(output, "was written by another run") || strings.Contains(output, "has written to it since")
}

// succeed starts a successor on a copy of the state as the zombie left it.
func (z *zombies) succeed() (*Process, error) {
	z.made++
	state := filepath.Join(z.pipeline.Dir, fmt.Sprintf("state%d", z.made))
	if err := os.CopyFS(state, os.DirFS(z.pipeline.State)); err != nil {
		return nil, fmt.Errorf("copy the state: %w", err)
	}
	z.pipeline.State = state
	return z.pipeline.Start()
}

// overtaken waits until the successor has committed more to every table than what it found prepared, or has come to its
// end; it reports false when nothing can be committed.
func (z *zombies) overtaken(successor *Process) (bool, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(z.pipeline.Dir, "lake", "catalog.db")+"?mode=ro")
	if err != nil {
		return false, err
	}
	defer db.Close()
	tick := time.NewTicker(time.Millisecond) // the event is in another process: there is nothing to wait on
	defer tick.Stop()
	late := time.After(blockedAfter)
	last, changes := map[string]string{}, map[string]int{}
	for {
		if err := changed(db, last, changes); err != nil {
			return false, err
		}
		behind := 0
		for _, n := range changes {
			// The first is what was there, the second may be what the zombie had prepared.
			if n < 3 {
				behind++
			}
		}
		if behind == 0 && len(changes) == tables {
			return true, nil
		}
		select {
		case <-successor.Done():
			if successor.Wait() != Finished {
				return false, fmt.Errorf("the successor ended by itself:\n%s", successor.Output())
			}
			return true, nil
		case <-late:
			return false, nil
		case <-tick.C:
		}
	}
}

// changed counts, by table, how often another metadata file was seen.
func changed(db *sql.DB, last map[string]string, changes map[string]int) error {
	rows, err := db.Query("select table_name, metadata_location from iceberg_tables")
	if err != nil {
		if strings.Contains(err.Error(), "no such table") || strings.Contains(err.Error(), "unable to open") {
			return nil // the pipeline has not made it yet
		}
		return fmt.Errorf("read the catalog: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name, location string
		if err := rows.Scan(&name, &location); err != nil {
			return fmt.Errorf("read the catalog: %w", err)
		}
		if last[name] != location {
			last[name] = location
			changes[name]++
		}
	}
	return rows.Err()
}

// asleep waits until the process is stopped by SIGSTOP; it reports false when it has ended instead.
func (p *Process) asleep() bool {
	tick := time.NewTicker(time.Millisecond) // the event is in another process: there is nothing to wait on
	defer tick.Stop()
	for {
		// The state stands behind the name, which is in parentheses.
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Pid()))
		if i := bytes.LastIndexByte(stat, ')'); err == nil && i > 0 && bytes.HasPrefix(stat[i+1:], []byte(" T")) {
			return true
		}
		select {
		case <-p.Done():
			return false
		case <-tick.C:
		}
	}
}

// end ends the process by s, asleep or not, and waits.
func (p *Process) end(s syscall.Signal) error {
	p.Signal(s)
	if p.Wait() == Failed {
		return fmt.Errorf("the pipeline failed:\n%s", p.Output())
	}
	return nil
}
