package iggy_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"github.com/iggy-flow/iggy-flow/internal/iggybroker"
	"github.com/iggy-flow/iggy-flow/internal/iggytest"
)

// brokerData is the environment variable that makes the test binary a broker on that directory.
const brokerData = "IGGY_BENCH_BROKER_DATA"

func TestMain(m *testing.M) {
	if data := os.Getenv(brokerData); data != "" {
		if err := serve(data); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m,
		// the Go SDK pings for as long as the process lives
		goleak.IgnoreTopFunction("github.com/apache/iggy/foreign/go/client.NewIggyClient.func1"),
	)
}

// serve runs a broker until the standard input ends, and prints its address.
func serve(data string) error {
	s, err := iggybroker.Open(iggybroker.Options{Address: "127.0.0.1:0", Data: data, Username: iggytest.Username, Password: iggytest.Password})
	if err != nil {
		return err
	}
	fmt.Println(s.Address())
	ctx, cancel := context.WithCancel(context.Background())
	var g errgroup.Group
	g.Go(func() error { return s.Serve(ctx) })
	_, err = io.Copy(io.Discard, os.Stdin)
	cancel()
	if e := g.Wait(); err == nil {
		err = e
	}
	if e := s.Close(); err == nil {
		err = e
	}
	return err
}
