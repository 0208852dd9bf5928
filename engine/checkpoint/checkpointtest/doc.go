// Package checkpointtest says in tests what every checkpoint.Store must do.
package checkpointtest
