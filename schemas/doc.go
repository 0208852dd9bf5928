// Package schemas says what a record looks like: its fields, their types, and what those are in Arrow.
//
// A [Schema] is ordered and immutable. Types are named as documents name them (`decimal(10,2)`, `list<int64>`);
// [ParseType] reads the names, [Type.String] writes them, and [Type.Arrow] gives the Arrow type that carries the values.
package schemas
