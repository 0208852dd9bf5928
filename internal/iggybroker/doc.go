// Package iggybroker is a server that speaks the protocol of Apache Iggy 0.8 over TCP and TLS: for development and tests, on
// one node.
//
// A [Server] answers what the official Go SDK of that version and package iggy ask for. What it takes is in its files before it
// answers, so that it may be killed at any instant. Package partition keeps messages, package catalog streams and groups,
// package access users; this package has the connections. [Faults] makes it fail on demand.
package iggybroker
