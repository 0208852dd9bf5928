// Package inputs lists the inputs that are built in.
package inputs

import (
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/inputs/file"
	"github.com/iggy-flow/iggy-flow/inputs/iggy"
	"github.com/iggy-flow/iggy-flow/inputs/merge"
	"github.com/iggy-flow/iggy-flow/inputs/stdin"
)

// Register adds every built-in input to r.
func Register(r *engine.Registry) {
	file.Register(r)
	iggy.Register(r)
	merge.Register(r)
	stdin.Register(r)
}
