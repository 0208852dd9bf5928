package unittest

import (
	"context"
	"errors"
	"strings"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// smallBatches are the sizes of the batches of the second run, in turns.
var smallBatches = []int{1, 3}

// run runs one case and checks what comes of it. The error is that ctx is done.
func (t *trial) run(ctx context.Context) (CaseReport, error) {
	report := CaseReport{Name: t.Name.Value, Line: t.Name.Range.Position().Line}
	whole, failures, err := t.outcomes(ctx)
	if ctx.Err() != nil {
		return report, ctx.Err()
	}
	if err != nil {
		report.Failures = []string{message(err)}
		return report, nil
	}
	report.Failures, report.Updated = t.check(whole, t.suite.options.Update && len(failures) == 0)
	report.Failures = append(report.Failures, failures...)
	return report, nil
}

func message(err error) string {
	if wrong, ok := errors.AsType[engine.DiagnosticsError](err); ok {
		return strings.TrimSuffix(wrong.Diagnostics.Render(), "\n")
	}
	return err.Error()
}

// outcomes runs the records as they were decoded, and again in small batches. The failures are where the two disagree.
func (t *trial) outcomes(ctx context.Context) (whole outcome, failures []string, err error) {
	in, err := t.records(t.plan, t.suite.registry, t.declared)
	if err != nil {
		return whole, nil, err
	}
	if err := bind(t.plan, in); err != nil {
		return whole, nil, err
	}
	taken, err := decode(ctx, t.plan, in, t.meta)
	defer taken.release()
	if err == nil {
		err = t.meta.fits(t.Meta, taken.frames)
	}
	if err != nil {
		return whole, nil, err
	}
	if whole, err = execute(ctx, t.plan, taken); err != nil {
		return whole, nil, err
	}
	if random(t.plan) {
		return whole, nil, nil
	}
	again, ds := t.build()
	if ds.HasErrors() {
		return whole, nil, engine.DiagnosticsError{Diagnostics: ds}
	}
	if err := bind(again, in); err != nil {
		return whole, nil, err
	}
	const bug = "the result depends on where batches end: this is a bug in iggy-flow, or in a component of its registry; please report it\n"
	small, err := execute(ctx, again, taken, smallBatches...)
	if err != nil {
		return whole, []string{bug + "in batches of 1 and 3 rows: " + message(err)}, nil
	}
	if differences := disagreement(whole, small); len(differences) > 0 {
		failures = []string{bug + "in batches of 1 and 3 rows (got), where one batch gives other rows (want):\n" + strings.Join(differences, "\n")}
	}
	return whole, failures, nil
}

// bind binds plan to the schema of the records. What does not fit an inferred schema is explained by where that is from.
func bind(plan *engine.Plan, in records) error {
	ds := plan.BindRecords(in.schema)
	if !ds.HasErrors() {
		return nil
	}
	text := strings.TrimSuffix(errorsOf(ds).Render(), "\n")
	if in.declared == nil {
		text += "\nthe records' columns are inferred from those of the case: " + columns(in.schema) + "; give the others a value in one of them, or declare a `schema`"
	}
	return errors.New(text)
}

func columns(s *schemas.Schema) string {
	if s.Len() == 0 {
		return "none"
	}
	return s.String()
}

// random reports whether two runs of plan may differ although they see the same records: now() is fixed, nothing else is.
func random(plan *engine.Plan) bool {
	for _, n := range plan.Nodes() {
		for _, r := range n.Nondeterministic() {
			if !strings.HasPrefix(string(r.Text()), "now") {
				return true
			}
		}
	}
	return false
}
