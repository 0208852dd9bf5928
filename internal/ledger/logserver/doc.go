// Package logserver is a small log with partitions and a consumer group, over TCP: what shared splits are tried against.
//
// It is hostile where brokers are allowed to be. A member that is silent loses its partitions unasked; one that answers is
// asked to give them up first. The stored offsets are taken from whoever sends them, older ones too, and a forgetful
// server sometimes answers with an offset of long ago, or none. [Serve] runs it, [Client] speaks to it.
package logserver
