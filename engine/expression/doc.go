// Package expression compiles expr-lang expressions to programs over Arrow columns.
//
// [Compile] parses with expr's parser, checks against the types of a [Scope] and builds one graph of typed nodes for all
// expressions of a component, in which equal subtrees are one node and constants are folded. A [Program] is immutable; an
// [Evaluator] runs it over batches with kernels that take and give full columns and a selection of rows. What has no kernel
// is run row by row by expr's VM, after a rewrite that gives it the same meaning.
//
// The invariant: for every row on which the VM returns a value, the columnar program returns an equal one, but for the
// table of deliberate differences in DESIGN.md, section 4. TestOracle holds the two together.
package expression
