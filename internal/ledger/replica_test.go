package ledger_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/iggy-flow/iggy-flow/internal/ledger"
	"github.com/iggy-flow/iggy-flow/internal/ledger/logserver"
	"github.com/iggy-flow/iggy-flow/internal/tabletest"
)

// serveLog is the log server's process.
func serveLog(seed string) int {
	n, err := strconv.ParseUint(seed, 10, 64)
	if err != nil {
		return 2
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 1
	}
	fmt.Println(l.Addr())
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // ends when the test does, however that comes
		cancel()
	}()
	if err := logserver.Serve(ctx, l, logserver.Config{Partitions: ledger.LogPartitions, Seed: n, Forgetful: true, Record: ledger.LogRecord}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// startLog starts the log server in a process of its own.
func startLog(t *testing.T, seed uint64) (address string, client *logserver.Client) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serverVariable+"="+strconv.FormatUint(seed, 10))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // its end ends the server
		if err := cmd.Wait(); err != nil {
			t.Errorf("the log server: %v", err)
		}
	})
	if address, err = bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	address = strings.TrimSpace(address)
	if client, err = logserver.Dial(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() }) // nothing is under way
	return address, client
}

// TestCrashReplicasOverSharedSplits kills replicas, puts them to sleep, and takes their partitions away, asked and unasked.
func TestCrashReplicasOverSharedSplits(t *testing.T) {
	tabletest.Need(t)
	length := ledger.LengthOf(t)
	what := ledger.Replicas{Deck: ledger.Deck{Random: 5, Each: 1, Points: ledger.ReplicaPoints()}, Zombies: 2, Moves: 4, Steals: 3, Patience: time.Minute}
	if length.Full {
		what = ledger.Replicas{Deck: ledger.Deck{Random: 200, Each: 20, Points: ledger.ReplicaPoints()}, Zombies: 40, Moves: 100, Steals: 100, Patience: time.Minute}
	}
	program, err := ledger.Build(t.TempDir(), ledger.LogInput()...)
	if err != nil {
		t.Fatal(err)
	}
	address, client := startLog(t, length.Seed)
	figures, err := ledger.Replicate(t, program, address, client, what, length.Seed, length.End)
	report(t, figures)
	kills := what.Size()
	if length.Full {
		kills = 300
	}
	switch {
	case err != nil:
		t.Fatal(err)
	case figures.Counts.Wrong() > 0:
		t.Error(figures.Counts)
	case figures.Kills() < kills:
		t.Errorf("only %d kills", figures.Kills())
	case figures.Log.Moves < int64(what.Moves) || figures.Log.Forgot == 0:
		t.Errorf("the log was too kind: %+v", figures.Log)
	}
}

// TestSabotageOfSharedSplitsIsReported: replicas that overwrite each other's positions write rows twice.
func TestSabotageOfSharedSplitsIsReported(t *testing.T) {
	tabletest.Need(t)
	const file = "engine/shared.go"
	program, err := ledger.Build(t.TempDir(), append(ledger.LogInput(),
		ledger.Patch{File: file, Old: "case c.Known == nil && there:", New: "case c.Known == nil && there && at.Ordinal < 0:"},
		ledger.Patch{File: file, Old: "case c.Known != nil && (!there || !at.same(*c.Known)):", New: "case c.Known != nil && !there:"})...)
	if err != nil {
		t.Fatal(err)
	}
	address, client := startLog(t, 1)
	what := ledger.Replicas{Deck: ledger.Deck{Random: 2}, Zombies: 2, Steals: 12, Patience: time.Minute}
	figures, err := ledger.Replicate(t, program, address, client, what, 1, time.Now().Add(2*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if figures.Counts.Duplicated == 0 {
		t.Errorf("replicas without compare-and-swap pass as:\n%s", figures)
	}
	t.Logf("found out: %s", figures.Counts)
}
