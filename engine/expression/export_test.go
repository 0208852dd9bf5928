package expression

import (
	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// CompileRows is Compile without kernels: the VM computes everything, with our meaning. It is the reference for what expr
// has not: nulls, errors, decimals, dates.
func CompileRows(scope Scope, exprs ...dsl.Expression) (*Program, source.Diagnostics) {
	c := newChecker(scope)
	c.rowsOnly = true
	return c.compile(exprs)
}
