// Package codec turns bytes into Arrow columns and back.
//
// A codec is frames plus a begin and a finish: a [Decoder] takes whole frames from a split's bytes and keeps the framing
// state that a position must restore; an [Encoder] writes rows and whatever stands before and after them. Each codec is a
// folder of its own below this one and is added to a [Registry] by name.
package codec
