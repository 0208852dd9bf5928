package dsl

import "github.com/iggy-flow/iggy-flow/dsl/source"

// Scope is what a config is decoded with: the values that ${...} stands for, and the folder where paths begin. It is not
// safe for concurrent use.
type Scope struct {
	LookupEnv func(name string) (string, bool)  // nil: no variable is set
	Vars      []Var                             // of the document
	Dir       string                            // relative paths begin here
	ReadFile  func(path string) ([]byte, error) // nil: os.ReadFile
	Specs     Specs                             // of nested components; nil: every component name is accepted

	noVars bool                    // the vars have no values yet: ${vars.x} is an error
	labels map[string]source.Range // of every component read so far

	secrets []string // that were decoded, the longest first
}
