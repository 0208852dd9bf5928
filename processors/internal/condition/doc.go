// Package condition compiles the conditions of documents: expressions that say true or false of a record.
package condition
