package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
)

// subjects are the files that decide what is stored, committed and told.
var subjects = []subject{
	{"engine/checkpoint/coordinator.go", []suite{{pkg: "./engine/checkpoint"}}},
	{"engine/checkpoint/loop.go", []suite{{pkg: "./engine/checkpoint"}}},
	{"engine/checkpoint/commit.go", []suite{{pkg: "./engine/checkpoint"}}},
	{"engine/checkpoint/directory.go", stateTests},
	{"engine/checkpoint/directory_write.go", stateTests},
	{"engine/checkpoint/format.go", stateTests},
	{"engine/shared.go", []suite{{pkg: "./engine", run: "Commit|Split|Advance|Rule"}}},
	{"engine/epoch.go", []suite{{pkg: "./engine", skip: "BlackHole|Nothing|EveryRule"}}},
	{"internal/iceberg/append.go", []suite{{pkg: "./internal/iceberg", run: "Append|Inspect"}, {pkg: "./outputs/iceberg", run: "Crash|Fault|Visible|Adopt|Look"}}},
	{"outputs/iceberg/commit.go", []suite{{pkg: "./outputs/iceberg", skip: "Route|Evolve"}}},
	{"outputs/iceberg/shared.go", []suite{{pkg: "./outputs/iceberg", run: "Split|Shared|Thrown|Replica|Told|Discard|Lost|Rows"}}},
}

// stateTests are those of stores alone; the simulations take long and save nothing that these do not.
var stateTests = []suite{{pkg: "./engine/checkpoint", skip: "Simulat"}}

// equivalentList has a line for each mutant that nobody can notice: its file, its key and, behind " -- ", why.
//
//go:embed equivalent.txt
var equivalentList string

func main() {
	only := flag.String("only", "", "check only files whose path contains `text`")
	verbose := flag.Bool("v", false, "print every mutant")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ok, err := run(ctx, os.Stdout, *only, *verbose)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, only string, verbose bool) (ok bool, err error) {
	temp, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(temp)
	c := checker{root: ".", temp: temp}
	excused, err := equivalents(equivalentList)
	if err != nil {
		return false, err
	}
	ok = true
	for _, s := range subjects {
		if !strings.Contains(s.file, only) {
			continue
		}
		fine, err := c.check(ctx, w, s, excused, verbose)
		if err != nil {
			return false, fmt.Errorf("%s: %w", s.file, err)
		}
		ok = ok && fine
	}
	return ok, nil
}

// equivalents reads a list of excused mutants, as "file: key".
func equivalents(list string) (map[string]bool, error) {
	out := map[string]bool{}
	for i, line := range strings.Split(list, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, why, ok := strings.Cut(line, " -- ")
		if !ok || strings.TrimSpace(why) == "" {
			return nil, fmt.Errorf("equivalent.txt:%d: it has no reason; write `file: function: change: text -- why`", i+1)
		}
		out[key] = true
	}
	return out, nil
}

// check tries every mutant of s and writes a line of figures, and one for each survivor.
func (c checker) check(ctx context.Context, w io.Writer, s subject, excused map[string]bool, verbose bool) (ok bool, err error) {
	source, err := os.ReadFile(filepath.Join(c.root, s.file))
	if err != nil {
		return false, err
	}
	ms, err := mutants(source)
	if err != nil {
		return false, err
	}
	switch unchanged, err := c.test(ctx, s, source); {
	case err != nil:
		return false, err
	case unchanged != survived:
		return false, fmt.Errorf("its tests fail on the unchanged file")
	}
	counts := map[outcome]int{}
	equivalent := 0
	for _, m := range ms {
		if excused[s.file+": "+m.key()] {
			equivalent++
			continue
		}
		o, err := c.try(ctx, s, source, m)
		if err != nil {
			return false, err
		}
		counts[o]++
		if o == survived || verbose {
			fmt.Fprintf(w, "%s:%d: %s: %s\n", s.file, m.line, [...]string{"killed", "SURVIVED", "does not compile"}[o], m.key())
		}
	}
	fmt.Fprintf(w, "%s: %d mutants: %d killed, %d survived, %d equivalent, %d do not compile\n",
		s.file, len(ms), counts[killed], counts[survived], equivalent, counts[broken])
	return counts[survived] == 0, nil
}
