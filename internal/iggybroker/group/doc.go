// Package group deals the partitions of a topic to the members of a consumer group, as server 0.8 does.
//
// A [Group] is a pure state machine. A member that joins gets its share by revocation: a partition that moves stays with its
// owner, pending, until the owner has committed what it polled, or until a timeout. A member that leaves makes all partitions
// be dealt anew, at once. The invariants: a partition has at most one owner, and exactly one while the group has members.
package group
