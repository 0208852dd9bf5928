// Package iggy is a client for Apache Iggy servers over TCP and TLS.
//
// A [Client] is one session: one connection at a time, logged in, and joined to the groups that it was told to join. Calls
// may come from many goroutines; their requests are pipelined. When the connection is lost the next call connects again,
// logs in again and joins again, and repeats what is safe to repeat. A send whose answer was lost is not: it ends with an
// error for which [OutcomeUnknown] holds, and its caller decides. Every call is bounded by its context and by Config.Timeout,
// and Close ends all of them.
//
// A [Group] finds out which partitions this member of a consumer group owns; a [Pool] is several clients for the readers and
// writers of one server. The protocol's bytes are a [wire.Codec]: those of server 0.8 are in the package v08.
package iggy
