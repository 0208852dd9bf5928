package file

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// checkPattern refuses placeholders that are none, and those that would need folders to be made for each epoch.
func checkPattern(path string) error {
	for _, p := range placeholder.FindAllString(path, -1) {
		switch p {
		case "{replica}":
		case "{epoch}", "{part}":
			if strings.Contains(filepath.Dir(path), p) {
				return fmt.Errorf("the path has %s in a folder's name", p)
			}
		default:
			return fmt.Errorf("the path has %s, which stands for nothing", p)
		}
	}
	return nil
}

// many reports whether path stands for a file per epoch.
func many(path string) bool {
	return strings.Contains(path, "{epoch}") || strings.Contains(path, "{part}")
}

// expand fills in the number of a file; both placeholders count the files with rows of all runs that append.
func expand(path string, number int64) string {
	text := fmt.Sprintf("%06d", number)
	return strings.NewReplacer("{epoch}", text, "{part}", text).Replace(path)
}

// hidden is the name of a file that is not yet visible. It lies beside path, so that the rename stays in one file system.
func hidden(path, run string, generation int64, number int64) string {
	dir, name := filepath.Split(path)
	return filepath.Join(dir, fmt.Sprintf(".%s.%.8s-%d-%d.part", name, run, generation, number))
}
