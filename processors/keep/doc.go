// Package keep is the processor that keeps the named columns and drops the others.
package keep
