package expression

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Scope is what an expression can name.
type Scope struct {
	Columns *schemas.Schema // when open, an unknown name is a column of unknown type, and checks on it are lenient
	Meta    *schemas.Schema // meta.NAME; nil where records have no meta; may be open
	Vars    []dsl.Var       // vars.NAME: constants
}

// Program is a set of expressions, checked and compiled together. It is immutable and safe for concurrent use.
type Program struct {
	nodes   []*node
	roots   []*node
	columns []field
	meta    []field
	impure  []source.Range
	falls   []Fallback
	open    bool
}

// Result is what an expression yields.
type Result struct {
	// Type is the type of the column. The literal nil has kind Null, an expression over unknown columns kind Unknown: the
	// caller decides what such a column is.
	Type     schemas.Type
	Nullable bool // there can be rows without a value, failed rows aside
	Constant bool // the value is the same for every row of every batch
}

// Fallback is a part of an expression that has no kernel and is run by the VM, row by row.
type Fallback struct {
	Range source.Range
	Name  string // of the function or operator
}

// Compile parses, checks and compiles expressions, which share common subexpressions. All problems of all expressions are
// reported, in document order; the program is nil exactly when one of them is an error.
func Compile(scope Scope, exprs ...dsl.Expression) (*Program, source.Diagnostics) {
	return newChecker(scope).compile(exprs)
}

func (c *checker) compile(exprs []dsl.Expression) (*Program, source.Diagnostics) {
	for i, e := range exprs {
		c.expression(i, e)
	}
	var p *Program
	if !c.ds.HasErrors() {
		p = c.program()
	}
	c.ds.Sort()
	if c.ds.HasErrors() {
		return nil, c.ds
	}
	return p, c.ds
}

// Len is the number of expressions.
func (p *Program) Len() int { return len(p.roots) }

// Result describes what expression i yields.
func (p *Program) Result(i int) Result {
	root := p.roots[i]
	return Result{Type: columnType(root.typ), Nullable: root.nullable, Constant: root.isConst()}
}

// Columns names the top-level columns that the program reads, in the order in which it meets them.
func (p *Program) Columns() []string { return names(p.columns) }

// Meta names the meta fields that the program reads.
func (p *Program) Meta() []string { return names(p.meta) }

// Nondeterministic lists the calls that may give another value when a record is read again: now() and random().
func (p *Program) Nondeterministic() []source.Range { return slices.Clone(p.impure) }

// Fallbacks lists the parts that are run by the VM, in document order.
func (p *Program) Fallbacks() []Fallback { return slices.Clone(p.falls) }

func names(fields []field) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.name
	}
	return out
}

// fieldOf is f as a program reads it.
func fieldOf(f schemas.Field) field {
	return field{name: f.Name, typ: f.Type, data: arrowOf(f.Type)}
}

func arrowOf(t schemas.Type) arrow.DataType { return columnType(t).Arrow() }
