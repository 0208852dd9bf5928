// Package wire holds what a client and an Apache Iggy server say to each other, whatever the version of the protocol:
// requests, replies, messages, status codes.
//
// A [Codec] gives them their bytes. The layouts of server 0.8 are in the package v08 beside this one; a protocol that says
// the same things in other frames is a further Codec. Sizes are in bytes, times in microseconds since 1970-01-01 UTC.
package wire
