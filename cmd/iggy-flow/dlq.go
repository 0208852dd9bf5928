package main

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/letters"
)

func dlqCommand() *cobra.Command {
	c := &cobra.Command{Use: "dlq", Short: "Look at dead letters and replay them", Args: cobra.NoArgs}
	c.AddCommand(dlqShowCommand(), dlqReplayCommand())
	return c
}

// chosen are the flags that select letters.
type chosen struct{ component, code, class, since, until string }

func (f *chosen) flags(c *cobra.Command) {
	c.Flags().StringVar(&f.component, "component", "", "only letters of the component with this `PATH`, such as processors[1]")
	c.Flags().StringVar(&f.code, "code", "", "only letters with this `CODE`, such as json-type")
	c.Flags().StringVar(&f.class, "class", "", "only letters of this `CLASS`: "+strings.Join(engine.Classes(), ", "))
	c.Flags().StringVar(&f.since, "since", "", "only records that were rejected at this `TIME` or later, such as 2026-01-31T12:00:00Z")
	c.Flags().StringVar(&f.until, "until", "", "only records that were rejected before this `TIME`")
}

func (f *chosen) selection() (s letters.Selection, err error) {
	s = letters.Selection{Component: f.component, Code: f.code, Class: f.class}
	if f.class != "" && !slices.Contains(engine.Classes(), f.class) {
		return s, usage("--class %s: expected one of: %s", f.class, strings.Join(engine.Classes(), ", "))
	}
	for _, t := range []struct {
		flag, text string
		to         *time.Time
	}{{"since", f.since, &s.Since}, {"until", f.until, &s.Until}} {
		if t.text == "" {
			continue
		}
		if *t.to, err = time.Parse(time.RFC3339, t.text); err != nil {
			return s, usage("--%s %s: expected a time such as 2026-01-31T12:00:00Z", t.flag, t.text)
		}
	}
	return s, nil
}
