package unittest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
)

// Options say which cases run, and how.
type Options struct {
	Run    *regexp.Regexp   // cases whose name it matches; nil: all
	Update bool             // golden files are written instead of compared
	Mem    memory.Allocator // for every Arrow buffer
	Clock  func() time.Time // for durations, and for now() where a case gives none; nil: time.Now

	// Lint checks a document as it is loaded for a case; its errors fail the test file. Nil: the document is only built and
	// bound.
	Lint func(ctx context.Context, path string, o dsl.Options) source.Diagnostics
}

// Run runs the cases of the test files in paths, in order; a document among them stands for the tests beside it. The error
// is about the call: nothing to run, or a context that is done. What is wrong with files and cases is in the report.
func Run(ctx context.Context, paths []string, registry *engine.Registry, o Options) (Report, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Mem == nil {
		o.Mem = memory.NewGoAllocator()
	}
	files, err := testFiles(paths)
	if err != nil {
		return Report{}, err
	}
	if len(files) == 0 {
		return Report{}, errors.New("there are no tests")
	}
	s := &suite{registry: registry, options: o}
	var r Report
	matched := 0
	for _, path := range files {
		f, err := s.file(ctx, path)
		if err != nil {
			return r, err
		}
		matched += len(f.Cases)
		if o.Run != nil && len(f.Cases) == 0 && len(f.Diagnostics) == 0 {
			continue
		}
		r.Files = append(r.Files, f)
	}
	if o.Run != nil && matched == 0 && !r.Wrong() {
		return r, fmt.Errorf("no test has a name that matches %s", o.Run)
	}
	return r, nil
}

// suite runs test files.
type suite struct {
	registry *engine.Registry
	options  Options
}

// trial is one case with everything that was read and built for it.
type trial struct {
	testCase
	suite    *suite
	document *dsl.Document
	plan     *engine.Plan
	declared *dsl.DeclaredSchema // by the case; nil where it declares none
	meta     *meta
	now      time.Time
}

// file runs one test file. The error is that ctx is done.
func (s *suite) file(ctx context.Context, path string) (FileReport, error) {
	start := s.options.Clock()
	report := FileReport{Path: path}
	test, ds := load(path, s.registry)
	if ds.HasErrors() {
		report.Diagnostics = ds
		return report, ctx.Err()
	}
	var trials []*trial
	defer func() {
		for _, t := range trials {
			t.meta.release()
		}
	}()
	known := map[string]bool{}
	linted := map[string]source.Diagnostics{}
	for _, c := range test.Cases {
		t, ds := s.prepare(ctx, path, test, c, linted)
		report.Diagnostics = append(report.Diagnostics, unseen(ds, known)...)
		trials = append(trials, t)
	}
	report.Diagnostics.Sort()
	if len(report.Diagnostics) > 0 {
		return report, ctx.Err()
	}
	for _, t := range trials {
		if s.options.Run != nil && !s.options.Run.MatchString(t.Name.Value) {
			continue
		}
		c, err := t.run(ctx)
		if err != nil {
			return report, err
		}
		report.Cases = append(report.Cases, c)
	}
	report.Seconds = s.options.Clock().Sub(start).Seconds()
	return report, nil
}

// prepare loads the document for one case. Linted are the findings of those before, by the values that they gave. The
// findings are errors; the trial's meta is released by the caller.
func (s *suite) prepare(ctx context.Context, path string, test *loaded, c testCase, linted map[string]source.Diagnostics) (*trial, source.Diagnostics) {
	t := &trial{testCase: c, suite: s, now: s.options.Clock().UTC()}
	if c.Now != nil {
		t.now, _ = time.Parse(time.RFC3339Nano, c.Now.Value) // Validate has parsed it
	}
	options, given, key := test.options(c, s.registry)
	ds, done := linted[key]
	if !done {
		ds = errorsOf(s.lint(ctx, test.document, options))
		relocate(ds, given, path)
		linted[key] = ds
	}
	if ds.HasErrors() {
		return t, ds
	}
	t.document, ds = dsl.Load(test.document, options)
	if ds.HasErrors() {
		return t, errorsOf(ds) // it was there a moment ago
	}
	if t.plan, ds = t.build(); ds.HasErrors() {
		return t, errorsOf(ds)
	}
	var found source.Diagnostics
	t.declared, ds = c.loadSchema(t.plan, test.scope)
	found = append(found, errorsOf(ds)...)
	t.meta, ds = newMeta(c.Meta, s.registry.Meta(t.document.Input.Name), s.options.Mem)
	found = append(found, errorsOf(ds)...)
	if _, ok := t.plan.Output.Output.(engine.Router); !ok && len(c.Expect.Routes) > 0 {
		found = append(found, finding("test-routes", c.Expect.Routes[0].KeyRange, "a route, and the output `"+t.document.Output.Name+"` has none",
			"an output that chooses a target for each row", "expect `rows`"))
	}
	return t, append(found, notJSON(c.Input.Rows)...)
}

// build makes a plan of the document; every run needs one of its own.
func (t *trial) build() (*engine.Plan, source.Diagnostics) {
	return engine.NewPlan(t.document, t.suite.registry, engine.PlanOptions{
		Mem: t.suite.options.Mem, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: func() time.Time { return t.now },
	})
}

// lint checks the document as far as it can be without its records.
func (s *suite) lint(ctx context.Context, path string, o dsl.Options) source.Diagnostics {
	if s.options.Lint != nil {
		return s.options.Lint(ctx, path, o)
	}
	d, ds := dsl.Load(path, o)
	if ds.HasErrors() {
		return ds
	}
	plan, found := engine.NewPlan(d, s.registry, engine.PlanOptions{Mem: s.options.Mem, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if ds = append(ds, found...); ds.HasErrors() {
		return ds
	}
	ds = append(ds, plan.CheckDelivery()...)
	schema, err := plan.Sample(ctx, true)
	if err != nil {
		return append(ds, source.Diagnostic{Code: "sample", Range: d.Input.NameRange, Found: "the input cannot be looked at: " + err.Error()})
	}
	return append(ds, plan.Bind(schema)...)
}

func errorsOf(ds source.Diagnostics) source.Diagnostics {
	return slices.DeleteFunc(ds, func(d source.Diagnostic) bool { return d.Severity != source.Error })
}

// notJSON reports numbers that no JSON record can hold.
func notJSON(nodes []*dsl.Node) (ds source.Diagnostics) {
	for _, n := range nodes {
		switch n.Kind {
		case dsl.ScalarNode:
			if n.Value == dsl.FloatValue && strings.HasPrefix(number(n.Text), `"`) {
				ds = append(ds, finding("test-row", n.Range, "the value is "+n.Text, "a number that JSON has", ""))
			}
		default:
			ds = append(append(ds, notJSON(n.Items)...), notJSON(n.Entries)...)
		}
	}
	return ds
}
