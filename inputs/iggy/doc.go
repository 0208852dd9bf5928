// Package iggy is the input that reads topics of Apache Iggy.
//
// A consumer is one process with partitions of its own; a consumer group shares the partitions of its topics among any
// number of replicas. Both poll by offset, ahead of what is committed, and store an offset only when every target has the
// records below it. A goroutine for each partition polls; the engine's goroutine decodes.
package iggy
