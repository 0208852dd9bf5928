// Package lease holds something that many processes share for one of them at a time, without trusting their clocks.
//
// A holder renews its lease; one that is silent for longer than the lease lasts may be overtaken. Whoever waits for that
// only watches whether the lease changes, by its own monotonic clock. That two processes may both believe to be the holder
// is not prevented here: what they write is fenced by a compare and swap on the lease's number, in the same place.
package lease
