package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/iggy-flow/iggy-flow/engine/letters"
)

const dlqShowHelp = `Groups the records of dead letters by the component that rejected them and the reason: what differs between the
messages of a group stands as N or "…". FILE is what an output ` + "`file`" + ` under ` + "`dead_letter`" + ` wrote, packed or not.`

func dlqShowCommand() *cobra.Command {
	var f chosen
	var format string
	c := &cobra.Command{
		Use: "show FILE...", Short: "Group dead letters by their reason", Long: dlqShowHelp, Args: cobra.MinimumNArgs(1),
		Example: "  iggy-flow dlq show dead.ndjson\n  iggy-flow dlq show dead/*.ndjson --class schema --format json",
		RunE: func(c *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return usage("--format %s: expected text or json", format)
			}
			s, err := f.selection()
			if err != nil {
				return err
			}
			groups, err := group(args, s)
			if err != nil {
				return exitError{exitFailure, err}
			}
			if format == "json" {
				e := json.NewEncoder(c.OutOrStdout())
				e.SetEscapeHTML(false)
				e.SetIndent("", "  ")
				return e.Encode(groups.Sorted())
			}
			writeGroups(c.OutOrStdout(), groups)
			return nil
		},
	}
	f.flags(c)
	c.Flags().StringVar(&format, "format", "text", "text or json")
	return c
}

func group(paths []string, s letters.Selection) (*letters.Groups, error) {
	groups := &letters.Groups{}
	for _, path := range paths {
		file, err := letters.Look(path)
		if err != nil {
			return nil, err
		}
		err = file.Each(func(_ int64, l *letters.Letter) error {
			if s.Takes(l) {
				groups.Add(l)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return groups, nil
}

// shownExample is how much of an example record is shown.
const shownExample = 200

func writeGroups(w io.Writer, groups *letters.Groups) {
	for _, g := range groups.Sorted() {
		fmt.Fprintf(w, "%8d  %s  %s [%s]\n", g.Count, g.Component, g.Code, g.Class)
		fmt.Fprintf(w, "          %s\n", oneLine(g.Pattern))
		fmt.Fprintf(w, "          %s to %s\n", g.First.Format(time.RFC3339), g.Last.Format(time.RFC3339))
		fmt.Fprintf(w, "          such as record %d of %s: %s\n", g.Example.Ordinal, g.Example.Split, example(g.Example))
	}
	fmt.Fprintf(w, "%s, %s\n", plural(groups.Count(), "dead letter"), plural(len(groups.Sorted()), "reason"))
}

// example is what a letter says of its record, on one line.
func example(l *letters.Letter) string {
	text := string(l.Record)
	switch {
	case l.Text != nil:
		text = *l.Text
	case l.Base64 != nil:
		text = "base64 " + *l.Base64
	case text == "":
		return "without its content"
	}
	return oneLine(text)
}

// oneLine makes s printable and cuts it.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	if len(s) > shownExample {
		s = strings.ToValidUTF8(s[:shownExample], "") + "…"
	}
	return s
}
