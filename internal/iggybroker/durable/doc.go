// Package durable changes files so that a crash leaves the old content or the new, and keeps a directory to one process.
package durable
