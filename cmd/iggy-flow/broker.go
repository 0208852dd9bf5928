package main

import (
	"cmp"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/iggy-flow/iggy-flow/internal/iggybroker"
)

const brokerHelp = `Runs a development server that speaks the protocol of Apache Iggy 0.8: one node, for tests and for trying
pipelines out where no Iggy server is at hand. It is not for production; run Apache Iggy for that.

A batch of messages is in its file before it is confirmed, so that killing the server loses nothing; what the machine
itself loses with its power is kept by --fsync. Without --data everything is deleted at the end.

The root user is created with the data, from --username and --password or the environment variables IGGY_ROOT_USERNAME
and IGGY_ROOT_PASSWORD. Without a password one is generated and printed. A password on the command line can be seen by
other users of this machine.`

func brokerCommand() *cobra.Command {
	var b iggybroker.Command
	c := &cobra.Command{
		Use: "broker", Short: "Run a development server for Iggy (one node, not for production)", Long: brokerHelp, Args: cobra.NoArgs,
		Example: "  iggy-flow broker\n  IGGY_ROOT_PASSWORD=secret iggy-flow broker --data ./iggy-data\n  iggy-flow broker --address 127.0.0.1:8091 --tls-cert server.pem --tls-key server.key",
		RunE:    func(c *cobra.Command, _ []string) error { return runBroker(c, b) },
	}
	c.Flags().StringVar(&b.Address, "address", "127.0.0.1:8090", "`HOST:PORT` to listen on; port 0 takes a free one")
	c.Flags().StringVar(&b.Data, "data", "", "`DIR` to keep everything in (default: a temporary one)")
	c.Flags().StringVar(&b.Username, "username", "", "`NAME` of the root user (default: $IGGY_ROOT_USERNAME, else iggy)")
	c.Flags().StringVar(&b.Password, "password", "", "password of the root user (default: $IGGY_ROOT_PASSWORD, else generated)")
	c.Flags().StringVar(&b.CertFile, "tls-cert", "", "PEM `FILE` with the certificate; with --tls-key the server speaks TLS")
	c.Flags().StringVar(&b.KeyFile, "tls-key", "", "PEM `FILE` with the certificate's key")
	c.Flags().StringArrayVar(&b.Fsync, "fsync", nil, "`STREAM/TOPIC` whose batches are synced to disk one by one, or all; may be repeated")
	c.Flags().DurationVar(&b.Heartbeat, "heartbeat", 0, "`TIME` within which a client has to send something, or it loses its groups (default: never)")
	c.Flags().Int64Var(&b.SegmentBytes, "segment-bytes", 64<<20, "`BYTES` after which a partition begins another file")
	return c
}

func runBroker(c *cobra.Command, b iggybroker.Command) error {
	b.Username = cmp.Or(b.Username, os.Getenv("IGGY_ROOT_USERNAME"), "iggy")
	b.Password = cmp.Or(b.Password, os.Getenv("IGGY_ROOT_PASSWORD"))
	ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	err := b.Run(ctx, c.OutOrStdout(), log)
	if _, ok := errors.AsType[iggybroker.OptionError](err); ok {
		return exitError{exitUsage, err}
	}
	if err != nil {
		return exitError{exitFailure, err}
	}
	return nil
}
