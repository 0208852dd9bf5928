// Package partition keeps the messages of one partition of a topic on disk, and the offsets that its consumers stored.
//
// A [Log] is a row of segment files. A segment is a row of batches, each a header with a checksum and the messages exactly
// as they go over the wire, so that a poll is answered with slices of the memory-mapped file. The invariant: what [Log.Append]
// confirmed is in the file before it returns; a process that is killed leaves at most one torn batch, at the end of the last
// segment, which [Open] cuts off.
package partition
