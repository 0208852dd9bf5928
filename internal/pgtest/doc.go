// Package pgtest starts real PostgreSQL servers for tests.
package pgtest
