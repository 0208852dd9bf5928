package ledger_test

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/iggy-flow/iggy-flow/internal/lazyfs"
	"github.com/iggy-flow/iggy-flow/internal/ledger"
)

// builds is where the programs of these tests are built.
var builds = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "ledger") })

// serverVariable makes the test binary a log server: it prints its address, and ends with its standard input.
const serverVariable = "LEDGER_LOG_SERVER"

func TestMain(m *testing.M) {
	lazyfs.Main()
	if seed := os.Getenv(serverVariable); seed != "" {
		os.Exit(serveLog(seed))
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if dir, err := builds(); err == nil {
			_ = os.RemoveAll(dir) // in the folder for temporary files
		}
		os.Exit(code)
	}))
}

// honest is the program as it is, with failpoints.
var honest = sync.OnceValues(func() (string, error) {
	dir, err := builds()
	if err != nil {
		return "", err
	}
	return ledger.Build(dir)
})

func program(t testing.TB) string {
	t.Helper()
	path, err := honest()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// report prints figures where a run by hand shows them.
func report(t testing.TB, f fmt.Stringer) {
	t.Helper()
	t.Log("\n" + f.String())
}
