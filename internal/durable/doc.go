// Package durable makes names survive a loss of power. A sync of a file keeps its content; its name, and those of the
// folders above it, are content of folders, each of which has a sync of its own.
package durable
