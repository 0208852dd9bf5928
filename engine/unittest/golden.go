package unittest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// compareGolden compares rows with a golden file. With update, a file that differs is written, and so is one that is
// missing; one that says the same in other words is left alone.
func compareGolden(path dsl.Path, s *schemas.Schema, got []row, update bool) (failures []string, wrote bool, err error) {
	data, err := os.ReadFile(path.Value)
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing {
		return nil, false, fmt.Errorf("read the golden file: %w", err)
	}
	switch {
	case missing:
		failures = []string{"there is no golden file " + path.Written + "; --update writes it"}
	default:
		want, err := parseRows(data)
		if err == nil {
			failures = diffRows(s, want, got)
		} else {
			failures = []string{"the golden file " + path.Written + " is no JSON: " + err.Error()}
		}
	}
	if len(failures) == 0 || !update {
		return failures, false, nil
	}
	if err := os.MkdirAll(filepath.Dir(path.Value), 0o755); err != nil {
		return nil, false, fmt.Errorf("make the folder of the golden file: %w", err)
	}
	var b strings.Builder
	for _, r := range got {
		b.WriteString(r.text + "\n")
	}
	if err := os.WriteFile(path.Value, []byte(b.String()), 0o644); err != nil {
		return nil, false, fmt.Errorf("write the golden file: %w", err)
	}
	return nil, true, nil
}
