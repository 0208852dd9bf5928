package failpoint

import "fmt"

// Point is a named place in the program.
type Point uint8

// The points, in the order in which an epoch passes them.
const (
	InputRead           Point = iota // an input has read, and its batch is on its way
	DeadLetterWrite                  // the dead letter has taken rows that no checkpoint knows of
	DeadLetterPrepared               // the dead letter of an epoch is durable, its checkpoint is not stored
	IcebergFiles                     // the data files of one table are written, those of others may not be
	OutputPrepared                   // all of an epoch is durable and invisible
	CheckpointBefore                 // every stage has passed the barrier, nothing is stored
	CheckpointTemporary              // the new checkpoint lies beside the old one
	CheckpointLinked                 // the old checkpoint has become the previous one, the new one has no name yet
	CheckpointRenamed                // the new checkpoint has its name, the directory is not synced
	CheckpointAfter                  // the checkpoint is stored, nothing of it is committed
	IcebergStaged                    // manifests of a commit are written, the catalog does not know of it
	IcebergCommitted                 // the catalog has the commit, the pipeline does not know of it
	FileRenamed                      // the file output has renamed a file, its directory is not synced
	CommitTarget                     // one target is committed, others may not be
	InputTold                        // all targets are committed, the input is not told
	StopBegun                        // the last checkpoint has been asked for
	StopSettled                      // everything of the last checkpoint is committed, and the state does not say so yet
	points
)

var names = [points]string{
	InputRead:           "input.read",
	DeadLetterWrite:     "dead_letter.write",
	DeadLetterPrepared:  "dead_letter.prepared",
	IcebergFiles:        "iceberg.files",
	OutputPrepared:      "output.prepared",
	CheckpointBefore:    "checkpoint.before",
	CheckpointTemporary: "checkpoint.temporary",
	CheckpointLinked:    "checkpoint.linked",
	CheckpointRenamed:   "checkpoint.renamed",
	CheckpointAfter:     "checkpoint.after",
	IcebergStaged:       "iceberg.staged",
	IcebergCommitted:    "iceberg.committed",
	FileRenamed:         "file.renamed",
	CommitTarget:        "commit.target",
	InputTold:           "input.told",
	StopBegun:           "stop.begun",
	StopSettled:         "stop.settled",
}

// String is the point's name in IGGY_FLOW_FAILPOINT.
func (p Point) String() string {
	if p >= points {
		return fmt.Sprintf("Point(%d)", uint8(p))
	}
	return names[p]
}

// Points lists every point.
func Points() []Point {
	all := make([]Point, points)
	for i := range all {
		all[i] = Point(i)
	}
	return all
}

// Variable is the environment variable that a build with the tag `failpoint` follows.
const Variable = "IGGY_FLOW_FAILPOINT"

// Error is what Hit returns where the action is `error`.
type Error struct{ Point Point }

// Error names the point.
func (e *Error) Error() string { return "failpoint " + e.Point.String() }
