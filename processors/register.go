// Package processors lists the processors that are built in.
package processors

import (
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/processors/cast"
	"github.com/iggy-flow/iggy-flow/processors/filter"
	"github.com/iggy-flow/iggy-flow/processors/keep"
	"github.com/iggy-flow/iggy-flow/processors/limit"
	"github.com/iggy-flow/iggy-flow/processors/remove"
	"github.com/iggy-flow/iggy-flow/processors/rename"
	selection "github.com/iggy-flow/iggy-flow/processors/select"
	"github.com/iggy-flow/iggy-flow/processors/set"
	switching "github.com/iggy-flow/iggy-flow/processors/switch"
)

// Register adds every built-in processor to r.
func Register(r *engine.Registry) {
	cast.Register(r)
	filter.Register(r)
	keep.Register(r)
	limit.Register(r)
	remove.Register(r)
	rename.Register(r)
	selection.Register(r)
	set.Register(r)
	switching.Register(r)
}
