//go:build failpoint

package failpoint_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/iggy-flow/iggy-flow/internal/failpoint"
)

// TestMain makes the test binary the process that comes to a point five times.
func TestMain(m *testing.M) {
	if os.Getenv("FAILPOINT_CHILD") == "" {
		os.Exit(m.Run())
	}
	for range 5 {
		err := failpoint.Hit(failpoint.CheckpointAfter)
		if hit, ok := errors.AsType[*failpoint.Error](err); ok {
			os.Stdout.WriteString(hit.Error() + "\n")
		} else {
			os.Stdout.WriteString("passed\n")
		}
	}
}

func child(t *testing.T, variable string) (*exec.Cmd, *strings.Builder) {
	out := &strings.Builder{}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "FAILPOINT_CHILD=1", failpoint.Variable+"="+variable)
	cmd.Stdout, cmd.Stderr = out, out
	return cmd, out
}

func TestActions(t *testing.T) {
	for _, test := range []struct{ variable, want string }{
		{"", strings.Repeat("passed\n", 5)},
		{"input.read=kill", strings.Repeat("passed\n", 5)},
		{"checkpoint.after=error@2", "passed\nfailpoint checkpoint.after\npassed\npassed\npassed\n"},
		{"input.read=kill,checkpoint.after=error", "failpoint checkpoint.after\n" + strings.Repeat("passed\n", 4)},
		{"checkpoint.after=kill@3", "passed\npassed\n"},
	} {
		cmd, out := child(t, test.variable)
		err := cmd.Run()
		if out.String() != test.want {
			t.Errorf("%q: the process printed %q; want %q (%v)", test.variable, out.String(), test.want, err)
		}
		status := cmd.ProcessState.Sys().(syscall.WaitStatus)
		if killed := status.Signaled() && status.Signal() == syscall.SIGKILL; killed != strings.HasPrefix(test.variable, "checkpoint.after=kill") {
			t.Errorf("%q: the process ended with %v", test.variable, err)
		}
	}
}

func TestStopHaltsUntilItIsContinued(t *testing.T) {
	cmd, out := child(t, "checkpoint.after=stop@2")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(cmd.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatalf("the process did not stop: %v, %v", status, err)
	}
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil || strings.Count(out.String(), "passed") != 5 {
		t.Errorf("a stopped process went on to print %q and ended with %v", out, err)
	}
}

func TestWhatTheVariableCannotMeanEndsTheProcess(t *testing.T) {
	for variable, want := range map[string]string{
		"checkpoint.aftr=kill":     `"checkpoint.aftr" is no failpoint; there are input.read, `,
		"checkpoint.after":         "expected POINT=ACTION",
		"checkpoint.after=explode": "expected kill, stop, error or pause",
		"checkpoint.after=kill@0":  "expected a whole number from 1",
	} {
		cmd, out := child(t, variable)
		_ = cmd.Run() // the code tells
		if cmd.ProcessState.ExitCode() != 2 || !strings.Contains(out.String(), want) {
			t.Errorf("%q: exit code %d, %q; want %q", variable, cmd.ProcessState.ExitCode(), out, want)
		}
	}
}
