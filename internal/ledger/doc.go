// Package ledger proves by crashes that nothing is lost and nothing is written twice.
//
// A producer writes records of which each has a key, a sequence number within its key, and a checksum ([Source]). A real
// iggy-flow process, built by [Build], moves them while it is killed at random moments and at failpoints ([Deck],
// [Crash]). What stands in the targets is read back without our own code where there is a way to, and counted by a
// [Ledger]: lost, duplicated, reordered within a key, corrupted, and invented records. A run with too few kills or rows
// fails too, and so does a program that is sabotaged on purpose.
//
// [Power] also takes away what was not synced, on a disk of package lazyfs, and starts the machine again.
package ledger
