package iggytest_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/internal/iggybroker"
	"github.com/iggy-flow/iggy-flow/internal/iggytest"
)

// childData is the environment variable that makes the test binary a broker on that directory.
const childData = "IGGYTEST_BROKER_DATA"

// child runs a broker as the iggy-flow program does, until SIGTERM, and returns the exit code.
func child(data string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	command := iggybroker.Command{Address: "127.0.0.1:0", Data: data, Username: iggytest.Username, Password: os.Getenv("IGGY_ROOT_PASSWORD"), SegmentBytes: 1 << 16}
	if err := command.Run(ctx, os.Stdout, slog.New(slog.NewTextHandler(os.Stderr, nil))); err != nil {
		_, _ = io.WriteString(os.Stderr, err.Error()+"\n")
		return 1
	}
	return 0
}

// process is a broker in a process of its own.
type process struct {
	t    testing.TB
	cmd  *exec.Cmd
	out  *bufio.Reader
	log  bytes.Buffer
	said map[string]string // what it printed at its start, by the first word of each line
}

func startProcess(t testing.TB, data, password string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(os.Args[0]), said: map[string]string{}}
	p.cmd.Env = append(os.Environ(), childData+"="+data, "IGGY_ROOT_PASSWORD="+password)
	p.cmd.Stderr = &p.log
	pipe, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	p.out = bufio.NewReader(pipe)
	for {
		line, err := p.out.ReadString('\n')
		if err != nil {
			_ = p.cmd.Wait()
			t.Fatalf("the broker did not start: %v\n%s", err, p.log.String())
		}
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		p.said[word] = strings.TrimSpace(rest)
		if word == "ready;" {
			return p
		}
	}
}

// kill ends the process at once.
func (p *process) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

// terminate asks the process to end, and returns what it says then.
func (p *process) terminate() string {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	rest, err := io.ReadAll(p.out)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("SIGTERM ends with %v\n%s", err, p.log.String())
	}
	return string(rest)
}

func (p *process) connect(password string) session {
	p.t.Helper()
	s := session{p.t, newCodecPeer(p.t, server{address: p.said["address"]})}
	s.login(iggytest.Username, password)
	return s
}

// TestKilledBrokerKeepsWhatItConfirmed kills a broker in the middle of sends, again and again: each confirmed batch is there,
// whole and in its place, and so is each confirmed offset.
func TestKilledBrokerKeepsWhatItConfirmed(t *testing.T) {
	const rounds, password = 15, "a-password"
	data, random := t.TempDir(), rand.New(rand.NewPCG(1, 2))
	confirmed, stored := 0, 0 // messages; offset + 1
	for round := range rounds {
		p := startProcess(t, data, password)
		s := p.connect(password)
		if round == 0 {
			must[wire.Stream](s, &wire.NewStream{Name: "s"})
			must[wire.Topic](s, &wire.NewTopic{Stream: streamS, Partitions: 1, Name: "t", Settings: wire.TopicSettings{Compression: 1}})
		}
		next := checkSequence(s, confirmed, stored)
		confirmed = next
		// The sends and the stores are under way together; the process dies when some of them are answered.
		peer := s.peer.(*codecPeer)
		var asked []wire.Request
		for range 40 {
			var batch []string
			for range 1 + random.IntN(20) {
				batch = append(batch, strconv.Itoa(next)+strings.Repeat(".", random.IntN(500)))
				next++
			}
			asked = append(asked, sendTo(streamS, topicT, 0, batch...), offsetOf(wire.StoreOffset, uint64(next-1)))
		}
		for _, r := range asked {
			if err := peer.send(r); err != nil {
				t.Fatal(err)
			}
		}
		for _, r := range asked[:random.IntN(len(asked))] {
			if err := peer.receive(nil); err != nil {
				t.Fatal(err)
			}
			switch r := r.(type) {
			case *wire.Send:
				confirmed += r.Messages.Len()
			case *wire.OnOffset:
				stored = int(r.Offset) + 1
			}
		}
		p.kill()
	}
	p := startProcess(t, data, password)
	checkSequence(p.connect(password), confirmed, stored)
	if confirmed < 20*rounds {
		t.Errorf("only %d messages were confirmed", confirmed)
	}
}

func offsetOf(do wire.Command, offset uint64) *wire.OnOffset {
	return &wire.OnOffset{Do: do, Consumer: wire.Consumer{Kind: wire.SingleConsumer, ID: wire.ID(1)}, Stream: streamS, Topic: topicT, Offset: offset}
}

// checkSequence reads all messages, which count from 0, and returns how many there are.
func checkSequence(s session, confirmed, stored int) int {
	s.t.Helper()
	next := 0
	for {
		b := batch(s, poll(streamS, topicT, 0, wire.FromOffset(uint64(next)), 1000))
		for i := range b.Len() {
			number := strings.TrimRight(string(b.Payload(i)), ".")
			if number != strconv.Itoa(next) || b.Offset[i] != uint64(next) || b.Checksum[i] != checksum(b, i) {
				s.t.Fatalf("message %s has offset %d and belongs at %d; checksum right: %v", number, b.Offset[i], next, b.Checksum[i] == checksum(b, i))
			}
			next++
		}
		if b.Len() == 0 {
			break
		}
	}
	if next < confirmed {
		s.t.Fatalf("%d messages are there, %d were confirmed", next, confirmed)
	}
	if stored > 0 {
		if o := must[wire.StoredOffset](s, offsetOf(wire.GetOffset, 0)); int(o.Stored)+1 < stored {
			s.t.Fatalf("offset %d is stored, %d was confirmed", o.Stored, stored-1)
		}
	}
	return next
}

// TestBrokerProcess: a password that was generated is told once, SIGTERM stops cleanly and the data stays.
func TestBrokerProcess(t *testing.T) {
	data := t.TempDir()
	p := startProcess(t, data, "")
	password, _, _ := strings.Cut(strings.TrimPrefix(p.said["user"], "iggy, password "), " ")
	if len(password) != 64 || !strings.Contains(p.said["iggy-flow"], "development server") {
		t.Fatalf("it says %v", p.said)
	}
	s := p.connect(password)
	must[wire.Stream](s, &wire.NewStream{Name: "s"})
	if said := p.terminate(); said != "stopped; the data stays in "+data+"\n" {
		t.Errorf("at its end it says %q", said)
	}

	p = startProcess(t, data, "")
	if strings.Contains(p.said["user"], "password") {
		t.Errorf("the second start says %q of the user", p.said["user"])
	}
	must[wire.Stream](p.connect(password), &wire.OnStream{Do: wire.GetStream, Stream: streamS})
	p.terminate()
}
