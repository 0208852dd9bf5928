package ledger

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// The root user of a Broker.
const (
	brokerUser     = "iggy"
	brokerPassword = "crash-password"
)

// Broker is `iggy-flow broker` in a process of its own, which syncs every batch before it confirms it.
type Broker struct {
	Address string // stays the same through restarts

	program, data string
	heartbeat     time.Duration
	cmd           *exec.Cmd
	log           bytes.Buffer
}

// StartBroker starts a broker with its data in dir. A member that is silent for 1.2 times heartbeat loses its groups. Whoever
// starts it calls Kill.
func StartBroker(program, dir string, heartbeat time.Duration) (*Broker, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // a free port, which restarts find again
	if err != nil {
		return nil, err
	}
	b := &Broker{Address: l.Addr().String(), program: program, data: filepath.Join(dir, "broker"), heartbeat: heartbeat}
	if err := l.Close(); err != nil {
		return nil, err
	}
	return b, b.Restart()
}

// Restart starts the process again after Kill, and returns when it serves.
func (b *Broker) Restart() error {
	b.cmd = exec.Command(b.program, "broker", "--address", b.Address, "--data", b.data, "--fsync", "all", "--heartbeat", b.heartbeat.String())
	b.cmd.Env = append(os.Environ(), "IGGY_ROOT_USERNAME="+brokerUser, "IGGY_ROOT_PASSWORD="+brokerPassword)
	b.log.Reset()
	b.cmd.Stderr = &b.log
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := b.cmd.Start(); err != nil {
		return fmt.Errorf("start the broker: %w", err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "ready;") {
			return nil
		}
	}
	_ = b.cmd.Wait() // what it has logged tells
	return fmt.Errorf("the broker did not start: %s", b.log.String())
}

// Kill ends the process by SIGKILL and waits.
func (b *Broker) Kill() error {
	if err := b.cmd.Process.Kill(); errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("the broker ended by itself: %s", b.log.String())
	}
	_ = b.cmd.Wait() // a killed process has no other result
	return nil
}
