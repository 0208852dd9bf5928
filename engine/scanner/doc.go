// Package scanner turns a stream of bytes into batches: what every input that reads bytes has in common.
//
// A [Scanner] owns the buffer between the bytes and a codec's decoder, counts records, and knows the position behind the
// last one. Its buffer keeps the last bytes that were taken, so that a position can carry a fingerprint of them.
package scanner
