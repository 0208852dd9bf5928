// Package iggy is the output that writes to topics of Apache Iggy: all records to one, or each to the one that an
// expression names.
//
// Each partition has a lane with a goroutine of its own, which has one request under way: records of a partition keep their
// order. A barrier waits until every lane's messages are confirmed.
package iggy
