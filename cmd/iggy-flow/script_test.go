package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/iggy-flow/iggy-flow/internal/golden"
)

// TestMain makes the test binary the program itself when a script, or a test that kills it, runs it as iggy-flow.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"iggy-flow": main})
}

func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *golden.Update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_STATE_HOME", e.WorkDir+"/state")
			e.Setenv("HOME", e.WorkDir)
			return os.MkdirAll(e.WorkDir, 0o755)
		},
	})
}
