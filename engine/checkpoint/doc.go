// Package checkpoint makes a pipeline restartable at a consistent cut.
//
// A [Coordinator] asks a [Pipeline] for barriers, gathers what its stages acknowledge, writes it to a [Store] and only
// then commits: the protocol of Chandy and Lamport (1985) as in Flink (Carbone et al., 2015), inside one process.
// Positions, processor states and committables are bytes to this package.
//
// The invariant: a position in the store is never ahead of what the outputs have made durable.
package checkpoint
