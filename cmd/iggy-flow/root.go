package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/inputs"
	"github.com/iggy-flow/iggy-flow/outputs"
	"github.com/iggy-flow/iggy-flow/processors"
)

const rootHelp = `iggy-flow moves records from an input through processors to an output, as one YAML or TOML
document says it. It checks the document before anything runs, keeps what was done in
checkpoints, and goes on from there after a crash: nothing lost, nothing twice.

  iggy-flow lint pipeline.yaml       what is wrong, before it runs
  iggy-flow test ./pipelines/...     the documents' own tests, without any server
  iggy-flow run pipeline.yaml        run it`

// registry holds every component of this program.
func registry() *engine.Registry {
	r := engine.NewRegistry()
	inputs.Register(r)
	processors.Register(r)
	outputs.Register(r)
	return r
}

func newRoot(stdout, stderr io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use: "iggy-flow", Short: "Stream pipelines from one document", Long: rootHelp,
		SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.AddCommand(runCommand(), lintCommand(), testCommand(), graphCommand(), schemaCommand(), dlqCommand(), listCommand(), brokerCommand(), versionCommand(), stateCommand())
	return root
}
