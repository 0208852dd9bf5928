package s3state_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint/checkpointtest"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint/lease"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint/s3state"
	"github.com/iggy-flow/iggy-flow/internal/s3test"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// credentials sets the environment as a user would, and nothing else of AWS.
func credentials(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": s3test.AccessKey, "AWS_SECRET_ACCESS_KEY": s3test.SecretKey, "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(name, value)
	}
}

func parse(t *testing.T, address string) s3state.Config {
	t.Helper()
	c, err := s3state.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConformance(t *testing.T) {
	credentials(t)
	server := s3test.Start(t)
	server.Bucket(t, "state")
	var places atomic.Int64
	checkpointtest.Run(t, checkpointtest.Case{Place: func(t *testing.T) checkpointtest.Place {
		prefix := fmt.Sprintf("pipelines/p%d", places.Add(1))
		c := parse(t, server.URL("state", prefix))
		return checkpointtest.Place{
			Open: func(ctx context.Context, o lease.Options) (checkpoint.Mender, error) { return s3state.Open(ctx, c, o) },
			View: func(ctx context.Context) (checkpoint.Viewer, error) { return s3state.OpenView(ctx, c) },
			Damage: func(t *testing.T, previous bool) {
				dir := filepath.Join(server.Dir, "state", prefix)
				var h struct{ Current, Previous string }
				sealed, err := os.ReadFile(filepath.Join(dir, "head"))
				if err != nil {
					t.Fatal(err)
				}
				data, err := checkpoint.Unseal("head", sealed)
				if err != nil {
					t.Fatal(err)
				}
				if err := json.Unmarshal(data, &h); err != nil {
					t.Fatal(err)
				}
				name := h.Current
				if previous {
					name = h.Previous
				}
				spoil(t, filepath.Join(dir, name))
			},
			Secrets: []string{s3test.SecretKey},
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
