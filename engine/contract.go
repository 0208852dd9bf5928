package engine

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Shape is the schema of a stream of batches: the columns, and the meta fields that expressions may name.
type Shape struct {
	Columns *schemas.Schema
	Meta    *schemas.Schema
}

// Input reads the records of one source. The engine calls its methods from one goroutine, but for Commit.
type Input interface {
	// Open connects and seeks to at; a split that at lacks begins where the document says. It is called once.
	Open(ctx context.Context, at Positions) error

	// Read emits what has arrived: usually one batch, or nothing when nothing came within 100 ms. It never blocks
	// longer, so that a checkpoint can be taken. Records that cannot be decoded are rejected through out. The error is
	// io.EOF after the last record of a bounded input.
	Read(ctx context.Context, out *Out) error

	// Positions returns, for every split, the position behind the last record that Read emitted or rejected.
	Positions() (Positions, error)

	// Commit tells the source that everything below at is durable in every target. It may run beside Read.
	Commit(ctx context.Context, at Positions) error

	// Close gives back what Open took. It is called once, also after a failed Open.
	Close(ctx context.Context) error
}

// Sampler is an input whose columns can be inferred from its first records.
type Sampler interface {
	// Sample returns the schema of the records that come first, before Open. Nothing that it reads is lost to Read. With
	// atRest it only looks at what can be read without side effects or waiting, and returns nil when that is nothing.
	Sample(ctx context.Context, atRest bool) (*schemas.Schema, error)
}

// SchemaSetter is an input whose records are decoded by a schema: the declared one, the sampled one, or the one that a
// checkpoint pinned. UseSchema is called before Open.
type SchemaSetter interface {
	UseSchema(s *schemas.Schema)
}

// MetaSetter is an input that can fill meta fields. UseMeta is called before Open with the fields that the plan reads.
type MetaSetter interface {
	UseMeta(fields *schemas.Schema)
}

// SharedInput is an input that may share its splits with other replicas: its source divides them. The positions that it
// returns are those of the splits that it owns, and in them its split names are the same in every replica.
//
// A split that is to move away is read no further; the input calls Env.Ask, and gives it up when Commit has come with its
// last position. A split that it comes to own begins where Env.Begin says, and is announced with Out.Acquire in front of
// its first row. When one was taken away while rows of it were under way, Read returns an error that wraps
// ErrThrownBack, with the split no longer owned.
type SharedInput interface {
	Input

	// Shared reports whether this document shares the splits.
	Shared() bool

	// Rewind forgets what was emitted and not committed: the splits that are still owned are acquired anew. It is called
	// from the goroutine of Read, between two calls.
	Rewind(ctx context.Context) error
}

// Identified is an input whose positions mean nothing in another source: its identity is kept beside them.
type Identified interface {
	// Identity names the source: paths, addresses, topics; no secrets. Without it the component's name is the identity.
	Identity() string
}

// Progress is an input that knows how far it is.
type Progress interface {
	// Progress returns bytes read and, of a bounded input, bytes in all; total is 0 where it is not known. It is safe for
	// concurrent use.
	Progress() (done, total int64)
}

// Processor turns batches into batches. It is used by one goroutine.
type Processor interface {
	// Bind compiles the processor for batches of shape in and returns the shape of what it emits. It is called before
	// the first batch and again, between two batches, when an inferred schema has got new columns behind the old ones.
	// It does no I/O. An in.Columns that is open has columns that nobody knows yet: lint binds to it, run never does.
	Bind(in Shape) (Shape, source.Diagnostics)

	// Process takes b and emits what becomes of it through out: every row is emitted, rejected or counted. An error ends
	// the pipeline; what is wrong with single rows is rejected instead.
	Process(ctx context.Context, b *Batch, out *Out) error
}

// Stateful is a processor that carries something from one batch to the next.
type Stateful interface {
	Processor

	// Snapshot returns all that the processor knows behind the last batch; Restore, after Bind and before the first batch,
	// puts a fresh one into that state.
	Snapshot() ([]byte, error)
	Restore(state []byte) error

	// Held is the number of rows taken and neither emitted nor given up yet.
	Held() int64
}

// Output writes records to targets. The engine calls its methods from one goroutine, but for Commit and Inspect of a
// TransactionalOutput.
type Output interface {
	// Bind prepares for batches of shape in, as Processor.Bind does.
	Bind(in Shape) source.Diagnostics

	// Open connects. It is called once; after a failed one Close is called.
	Open(ctx context.Context, start Start) error

	// Write takes b. Every row of it is counted as Delivered or Dropped, or rejected, by the end of the next Flush or
	// Prepare. An error ends the pipeline but for two kinds: behind BatchRejected the batch comes again in parts, until
	// the rows that the target refuses are found; behind a PartialError those of its rows come again that failed.
	Write(ctx context.Context, b *Batch, out *Out) error

	// Flush makes every row that was written durable, as far as the target can; it is called at each barrier.
	Flush(ctx context.Context, out *Out) error

	// Close gives back what Open took. It neither flushes nor commits.
	Close(ctx context.Context) error
}

// Barrier is a checkpoint on its way through the DAG.
type Barrier struct {
	Epoch     Epoch
	Positions Positions // of every input, behind the last record before the barrier
	Final     bool      // every input is at its end: no row follows
	Stop      bool      // the pipeline stops after this checkpoint
}

// Prepared is what a transactional output hands over at a barrier.
type Prepared struct {
	Committables []Committable // one per target at most; none for a target without rows
	State        []byte        // for Start.State of the next process; may be empty
}

// Initial is an output that has something to remember before its first row: Initial is called after Open at a new run,
// and what it returns is in Start.State of a process that takes over before the first checkpoint.
type Initial interface {
	Initial() []byte
}

// Guaranteed is an output whose guarantee depends on its config: where it is implemented it replaces the spec's.
type Guaranteed interface {
	Guarantee() Guarantee
}

// Rewinder is an output that can go on from the checkpoint before one that was lost: its targets keep positions and drop
// what comes again (Start.Lost), or it takes back what the lost checkpoint added. An output without it cannot, but
// for an idempotent one.
type Rewinder interface {
	// Rewinds says so for the output's config. It needs neither Bind nor Open.
	Rewinds() bool
}

// Buffered is an output that holds rows beyond the batch at hand.
type Buffered interface {
	// BufferBytes is about the most memory that its document lets it hold.
	BufferBytes() int64
}

// TargetRows says how many rows an output wrote to one target.
type TargetRows struct {
	Target string
	Rows   int64
}

// Reporter is an output that tells its targets apart. Report is safe for concurrent use; the order is the alphabet's.
type Reporter interface {
	Report() []TargetRows
}

// CommitState says what became of a committable.
type CommitState uint8

// The states. Missing is a committable that can neither be found in its target nor be committed any more.
const (
	Ready CommitState = iota
	Committed
	Missing
)

// TransactionalOutput is an output whose rows become visible, exactly once, only when a checkpoint commits. At a barrier
// Prepare is called instead of Flush.
type TransactionalOutput interface {
	Output

	// Prepare makes the rows written since the last barrier durable but not visible. Whatever can reject a row rejects it
	// before Prepare returns: a commit fails only by unavailability or conflict. A crash behind Prepare and before the
	// checkpoint is stored leaves garbage, and no rows.
	Prepare(ctx context.Context, barrier Barrier, out *Out) (Prepared, error)

	// Commit makes the rows of cs visible, exactly once, however often and by whichever process it is called. They are of
	// one target, in the order of their epochs, and belong to start's run or, after Fresh, to one before. told are the
	// positions below which every target has committed. A permanent error stops the pipeline and keeps everything.
	Commit(ctx context.Context, cs []Committable, told Positions) error

	// Inspect says, after Open and before anything is written, whether c is committed, or can still be.
	Inspect(ctx context.Context, c Committable) (CommitState, error)
}

// Positioned is an output whose targets keep positions with their rows, so that it can write behind shared splits: see
// Record.Advance. In each of its targets it reads the position of a split when the split's first row since it was acquired
// reaches it, and drops the rows below; its committables cover every split that the barrier has positions of.
type Positioned interface {
	TransactionalOutput

	// Told returns, of the given splits, the greatest told position of the targets that are open or that the document
	// names. It is safe for concurrent use.
	Told(ctx context.Context, splits []string) (Positions, error)

	// Acquired says that rows of these splits that follow were read by a new owner: what was known of them is forgotten.
	Acquired(splits []string)

	// Discard throws away what was written and prepared and not committed, and forgets what was known of splits. Files
	// stay where a commit of theirs may be under way.
	Discard(ctx context.Context) error
}

// Router is an output that chooses the target of each row.
type Router interface {
	// Route returns the target of each row of b, which it borrows, and the rows that have none. It needs Bind but not
	// Open.
	Route(ctx context.Context, b *Batch) (targets arrow.Array, rejected []Rejection, err error)
}

// Lagging is an input that knows how far it is behind its source.
type Lagging interface {
	// Lag is how many records of each split wait to be read, as far as the source has said. It is safe for concurrent use.
	Lag() map[string]int64
}
