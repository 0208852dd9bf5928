// Package drop is the output that discards what it is given.
package drop
