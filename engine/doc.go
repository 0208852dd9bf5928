// Package engine turns a document into a running pipeline.
//
// A [Plan] is made from a document and a [Registry] of components. [Plan.Run] runs it as a DAG of goroutines that hand
// [Batch] values to each other by ownership: whoever receives a batch releases it. Checkpoint barriers travel in the same
// channels (Chandy and Lamport 1985, as in Flink), so that a checkpoint is a consistent cut of the whole DAG.
//
// The contracts that components implement are [Input], [Processor], [Output] and [TransactionalOutput].
package engine
