package dsl

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// Document is a pipeline as it is written: vars have their values, components are found but their configs not yet decoded.
type Document struct {
	File          *source.File
	Path          string // as it was given to Load; the file's name after Parse
	Dir           string // relative paths begin here
	Root          *Node
	Name          string
	NameRange     source.Range
	Description   string
	Vars          []Var
	Input         Component
	Processors    []Component
	Output        Component
	DeadLetter    *Component // nil without one
	MaxRatio      *float64   // of dead_letter: the share of records beyond which the pipeline stops; nil without one
	MaxRatioRange source.Range
	Checkpoint    Checkpoint
	Delivery      string // the guarantee that is asked for; empty where none is
	DeliveryRange source.Range
	Scope         *Scope // what the configs of the components are decoded with
}

// Checkpoint is what a document says under checkpoint.
type Checkpoint struct {
	Interval       time.Duration `flow:"interval,min=1ms" doc:"Time between two checkpoints."`
	Bytes          Size          `flow:"bytes,min=1KiB" doc:"A checkpoint is taken before the interval has passed when an input has read this much."`
	Rows           int           `flow:"rows,min=1" doc:"A checkpoint is taken before the interval has passed when an input has read this many records."`
	CommitInterval time.Duration `flow:"commit_interval,min=0s" doc:"Least time between two commits: checkpoints in between are collected in one. By default every checkpoint commits."`
	Timeout        time.Duration `flow:"timeout,min=1ms" doc:"A checkpoint that takes longer is given up; its rows become part of the next one."`
	MaxCommits     int           `flow:"max_commits,min=1,max=64" doc:"Commits that may be under way before the inputs wait for them."`
}

// defaultCheckpoint is what holds where the document says nothing else. Bytes and Rows of zero ask for nothing.
var defaultCheckpoint = Checkpoint{Interval: 10 * time.Second, Timeout: 10 * time.Minute, MaxCommits: 4}

// Options are what a document is parsed with.
type Options struct {
	Specs     Specs                            // nil: every component name is accepted
	LookupEnv func(name string) (string, bool) // nil: no variable is set
	Set       map[string]string                // values of vars, as --set NAME=VALUE gives them: they win over Values
	Values    *source.File                     // values of vars, in YAML or TOML; nil without
}

// namePattern is what names and labels look like: they key state, name metrics and files.
var namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// nameFix proposes the nearest text that is a name.
func nameFix(text filled) string {
	if len(text.refs) > 0 {
		return ""
	}
	fixed := strings.Trim(regexp.MustCompile(`[^a-z0-9_-]+`).ReplaceAllString(strings.ToLower(text.text), "-"), "-_")
	if fixed = fixed[:min(len(fixed), 63)]; !namePattern.MatchString(fixed) {
		return ""
	}
	return "write `" + fixed + "`"
}

// Load reads and parses the document at path. That the file is missing is a finding.
func Load(path string, o Options) (*Document, source.Diagnostics) {
	data, err := readLimited(path)
	if err != nil {
		return nil, one(source.Diagnostic{Code: "missing-file", Found: "cannot read " + path + ": " + reason(err), Expected: "a document in YAML or TOML"})
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, one(source.Diagnostic{Code: "missing-file", Found: "cannot find the folder of " + path + ": " + err.Error()})
	}
	d, ds := Parse(source.NewFile(path, data), dir, o)
	if d != nil {
		d.Path = path
	}
	return d, ds
}

// readLimited reads a file, and no more of it than shows that it is too large.
func readLimited(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 2*maxBytes))
}

// Parse reads the document in f, whose relative paths begin at dir. The document is nil where the tree cannot be read;
// otherwise it holds all that could be, whatever the findings say.
func Parse(f *source.File, dir string, o Options) (*Document, source.Diagnostics) {
	root, ds := ParseTree(f)
	hideSecrets(f, root)
	if root == nil {
		return nil, ds
	}
	if root.Kind != MapNode || len(root.Entries) == 0 {
		d := source.Diagnostic{Code: "wrong-type", Range: at(f, root.Range.Start, root.Range.Start), Found: "the document is " + root.describe(), Expected: "a map with `name`, `input` and `output`"}
		if root.IsNull() || root.Kind == MapNode {
			d.Found = "the document is empty"
		}
		return nil, append(ds, d)
	}
	p := &documentReader{options: o, d: &Document{
		File: f, Path: f.Name, Dir: dir, Root: root, Checkpoint: defaultCheckpoint,
		Scope: &Scope{LookupEnv: o.LookupEnv, Dir: dir, Specs: o.Specs, noVars: true},
	}}
	p.read()
	p.ds = append(ds, p.ds...)
	p.ds.Sort()
	return p.d, p.ds
}

// index is a place in a list, for paths.
func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
