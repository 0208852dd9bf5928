// Package enginetest is the harness of the tests of components, written once: build one component from a line of a
// document, run batches through it, and check what every component owes.
//
// [Processor] builds a [Stage]; [Stage.Process] runs a batch through it and checks the account, the promised schema, meta
// and origin of everything emitted. [Batch] makes batches of NDJSON and [Text] writes them back, independently of the
// codecs. [Diagnose] renders what a document is told, [Examples] checks a component's own examples, and
// [ProcessorConformance] is the suite that every processor runs. Memory comes from a checked allocator throughout.
package enginetest
