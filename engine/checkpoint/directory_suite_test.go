package checkpoint_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint/checkpointtest"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint/lease"
)

func TestConformance(t *testing.T) {
	checkpointtest.Run(t, checkpointtest.Case{Place: func(t *testing.T) checkpointtest.Place {
		dir := t.TempDir()
		return checkpointtest.Place{
			Open: func(context.Context, lease.Options) (checkpoint.Mender, error) { return checkpoint.OpenDirectory(dir) },
			View: func(context.Context) (checkpoint.Viewer, error) { return checkpoint.ViewDirectory(dir) },
			Damage: func(t *testing.T, previous bool) {
				path := filepath.Join(dir, "checkpoint")
				if previous {
					path += ".previous"
				}
				spoil(t, path)
			},
			// A lock does not lapse while its process lives, but may be removed by hand.
			Lapse: func(t *testing.T) {
				if err := os.Remove(filepath.Join(dir, "lock")); err != nil {
					t.Fatal(err)
				}
			},
		}
	}})
}

func spoil(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
