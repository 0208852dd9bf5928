package file

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
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

// existing lists the visible files of a pattern, sorted, and the highest number among them.
func existing(path string) (files []string, highest int64, err error) {
	dir, name := filepath.Split(path)
	parts := placeholderParts(name)
	form, err := regexp.Compile("^" + strings.Join(parts, `(\d{6,})`) + "$")
	if err != nil {
		return nil, 0, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, 0, err
	}
	for _, e := range entries {
		m := form.FindStringSubmatch(e.Name())
		if m == nil {
			continue
		}
		files = append(files, filepath.Join(dir, e.Name()))
		for _, digits := range m[1:] {
			if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
				highest = max(highest, n)
			}
		}
	}
	return files, highest, nil
}

// placeholderParts is what stands between the numbers of a pattern's name, quoted for a regular expression.
func placeholderParts(name string) []string {
	parts := strings.Split(strings.ReplaceAll(name, "{part}", "{epoch}"), "{epoch}")
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	return parts
}

// hidden is the name of a file that is not yet visible. It lies beside path, so that the rename stays in one file system.
func hidden(path, run string, generation int64, number int64) string {
	dir, name := filepath.Split(path)
	return filepath.Join(dir, fmt.Sprintf(".%s.%.8s-%d-%d.part", name, run, generation, number))
}

// beside is the path of a file, or pattern, for what a run adds that must not touch the files of path: another run may cut
// or replace them. No pattern of a document meets it.
func beside(path, addition string) string {
	dir, name := filepath.Split(path)
	packed := ""
	for _, ending := range []string{".gz", ".zst"} {
		if strings.HasSuffix(name, ending) {
			name, packed = strings.TrimSuffix(name, ending), ending
		}
	}
	ending := filepath.Ext(name)
	return filepath.Join(dir, strings.TrimSuffix(name, ending)+"."+addition+ending+packed)
}
