// Package v08 gives requests and replies the bytes that Apache Iggy server 0.8 reads and writes over TCP.
//
// [Codec] is the client's half. A server of ours uses the other half: [DecodeRequest] and [AppendReply], and [Header] for the
// messages that it stores. Each layout is written once and serves both directions; all integers are little-endian.
//
//	request: u32 length (4 + body), u32 command, body
//	reply:   u32 status (0 is OK), u32 length, body
//
// A connection answers in the order of its requests.
package v08
