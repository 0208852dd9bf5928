// Package pgstate keeps checkpoints in a PostgreSQL database, for processes without a disk.
//
// One row of the table iggy_flow.state is one pipeline: its last two checkpoints and its lease. Every change of it is one
// transaction that names the number of the lease, so that a process whose lease was taken over changes nothing any more.
package pgstate
