// Package faults is the list of the fifty faults that iggy-flow is built against, and knows which tests bring them about.
//
// A test named TestFaultNN... shows fault NN; [Scan] finds it, and [Render] writes docs/faults.md from the two. A fault
// without a test says what it waits for, so that none is forgotten in silence.
package faults
