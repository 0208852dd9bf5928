// Package file is the output that writes files: each becomes visible whole, when a checkpoint commits it.
package file
