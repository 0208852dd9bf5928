// Package projection computes columns by expressions, row errors apart: what `set` and `select` share.
package projection
