package unittest

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// Report is what came of test files, in the order in which they were given.
type Report struct {
	Files []FileReport `json:"files"`
}

// FileReport is what came of one test file.
type FileReport struct {
	Path        string             `json:"path"`
	Seconds     float64            `json:"seconds"`
	Diagnostics source.Diagnostics `json:"diagnostics,omitempty"` // the file or its document is wrong: no case was run
	Cases       []CaseReport       `json:"cases,omitempty"`       // those that were run
}

// CaseReport is what came of one case. It passed when nothing failed.
type CaseReport struct {
	Name     string   `json:"name"`
	Line     int      `json:"line"` // of its name in the test file
	Failures []string `json:"failures,omitempty"`
	Updated  []string `json:"updated,omitempty"` // golden files that were written
}

// Failed is the number of cases that failed.
func (r Report) Failed() (n int) {
	for _, f := range r.Files {
		n += f.failed()
	}
	return n
}

// Passed is the number of cases that passed.
func (r Report) Passed() (n int) {
	for _, f := range r.Files {
		n += len(f.Cases) - f.failed()
	}
	return n
}

// Wrong reports whether a test file, or a document, is wrong.
func (r Report) Wrong() bool { return r.wrong() > 0 }

func (r Report) wrong() (n int) {
	for _, f := range r.Files {
		if len(f.Diagnostics) > 0 {
			n++
		}
	}
	return n
}

func (f FileReport) failed() (n int) {
	for _, c := range f.Cases {
		if len(c.Failures) > 0 {
			n++
		}
	}
	return n
}

// Text renders the report: a line for each file, what failed, and a line with the sums. All adds the cases that passed.
func (r Report) Text(all bool) string {
	var b strings.Builder
	for _, f := range r.Files {
		f.write(&b, all)
	}
	fmt.Fprintf(&b, "%d passed, %d failed", r.Passed(), r.Failed())
	if n := r.wrong(); n > 0 {
		b.WriteString(", " + plural(n, "file") + " wrong")
	}
	b.WriteByte('\n')
	return b.String()
}

func (f FileReport) write(b *strings.Builder, all bool) {
	failed := f.failed()
	switch {
	case len(f.Diagnostics) > 0:
		fmt.Fprintf(b, "WRONG %s\n%s", f.Path, f.Diagnostics.Render())
		return
	case failed > 0:
		fmt.Fprintf(b, "FAIL  %s  %d of %s failed  %.2fs\n", f.Path, failed, plural(len(f.Cases), "case"), f.Seconds)
	default:
		fmt.Fprintf(b, "ok    %s  %s  %.2fs\n", f.Path, plural(len(f.Cases), "case"), f.Seconds)
	}
	for _, c := range f.Cases {
		if len(c.Failures) > 0 {
			fmt.Fprintf(b, "  FAIL  %s (%s:%d)\n", c.Name, f.Path, c.Line)
		} else if all {
			fmt.Fprintf(b, "  pass  %s\n", c.Name)
		}
		for _, failure := range c.Failures {
			b.WriteString("        " + strings.ReplaceAll(strings.TrimSuffix(failure, "\n"), "\n", "\n        ") + "\n")
		}
		for _, path := range c.Updated {
			fmt.Fprintf(b, "  wrote %s\n", path)
		}
	}
}

// MarshalJSON adds the sums.
func (r Report) MarshalJSON() ([]byte, error) {
	files := r.Files
	if files == nil {
		files = []FileReport{}
	}
	return json.Marshal(struct {
		Passed int          `json:"passed"`
		Failed int          `json:"failed"`
		Wrong  int          `json:"wrong"`
		Files  []FileReport `json:"files"`
	}{r.Passed(), r.Failed(), r.wrong(), files})
}
