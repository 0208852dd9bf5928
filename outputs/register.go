// Package outputs lists the outputs that are built in.
package outputs

import (
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/outputs/drop"
	"github.com/iggy-flow/iggy-flow/outputs/file"
	"github.com/iggy-flow/iggy-flow/outputs/iceberg"
	"github.com/iggy-flow/iggy-flow/outputs/iggy"
	"github.com/iggy-flow/iggy-flow/outputs/stdout"
)

// Register adds every built-in output to r.
func Register(r *engine.Registry) {
	drop.Register(r)
	file.Register(r)
	iceberg.Register(r)
	iggy.Register(r)
	stdout.Register(r)
}
