package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
)

func listCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list [KIND | NAME | KIND NAME]", Short: "List components, or show the documentation of one", Args: cobra.MaximumNArgs(2),
		Long:    "Without an argument all components are listed; `inputs`, `processors` and `outputs` list one kind. The name of a component shows its documentation; `list input file` and `list output file` tell two of one name apart.",
		Example: "  iggy-flow list\n  iggy-flow list processors\n  iggy-flow list iceberg",
		RunE: func(c *cobra.Command, args []string) error {
			text, err := listing(registry(), args)
			if err != nil {
				return err
			}
			fmt.Fprint(c.OutOrStdout(), text)
			return nil
		},
	}
}

var kinds = []dsl.Kind{dsl.Input, dsl.Processor, dsl.Output}

// kindOf reads a kind in the singular or the plural.
func kindOf(word string) (dsl.Kind, bool) {
	for _, k := range kinds {
		if strings.TrimSuffix(word, "s") == k.String() {
			return k, true
		}
	}
	return 0, false
}

func listing(r *engine.Registry, args []string) (string, error) {
	var b strings.Builder
	switch len(args) {
	case 0:
		for _, k := range kinds {
			table(&b, r, k)
		}
		return b.String() + "\niggy-flow list NAME shows the documentation of one.\n", nil
	case 1:
		if k, ok := kindOf(args[0]); ok {
			table(&b, r, k)
			return b.String(), nil
		}
		return reference(r, kinds, args[0])
	default:
		k, ok := kindOf(args[0])
		if !ok {
			return "", usage("%q is no kind of component; expected input, processor or output", args[0])
		}
		return reference(r, []dsl.Kind{k}, args[1])
	}
}

func table(b *strings.Builder, r *engine.Registry, k dsl.Kind) {
	fmt.Fprintf(b, "%ss\n", k)
	for _, name := range r.SpecNames(k) {
		s, _ := r.Spec(k, name)
		fmt.Fprintf(b, "  %-12s %s\n", name, s.Summary)
	}
}

func reference(r *engine.Registry, kinds []dsl.Kind, name string) (string, error) {
	var texts, known []string
	for _, k := range kinds {
		known = append(known, r.SpecNames(k)...)
		if s, ok := r.Spec(k, name); ok {
			texts = append(texts, r.Reference(s))
		}
	}
	if len(texts) > 0 {
		return strings.Join(texts, "\n"), nil
	}
	if near := source.Suggest(name, known); near != "" {
		return "", usage("there is no component %q; did you mean %q?", name, near)
	}
	return "", usage("there is no component %q; `iggy-flow list` names them all", name)
}
