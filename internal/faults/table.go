package faults

// Fault is something that goes wrong around a pipeline, and what iggy-flow must do then.
type Fault struct {
	Name     string
	Expected string
	Needs    string // what a test waits for; empty where one can be written
}

// Table returns the faults; number n stands at n-1.
func Table() []Fault {
	const (
		search    = "an output to a search engine"
		sql       = "an output to an SQL database"
		http      = "an HTTP component"
		api       = "the management API"
		templates = "templates"
		network   = "an input or output with a network connection"
		fine      = ""
	)
	return []Fault{
		{"killed right after the input has read", "the records are read again; none lost", fine},
		{"killed with data files written and nothing committed", "files that nobody refers to, and no rows of them", fine},
		{"killed with a commit sent and its answer unseen", "the commit is recognised by its id; no row twice", fine},
		{"killed between a commit and what follows it in the state", "the target's own record decides; no row twice", fine},
		{"killed while the state is replaced", "the state before or the one behind, never none", fine},
		{"killed while writing a dead letter, stopping, or handing over", "none lost; none twice where that is promised", fine},
		{"loss of power: what was not synced is gone", "as for 5, and no committed row is missing", fine},
		{"output down at the start", "it is tried again, visibly; the input is not drained", fine},
		{"output slow, or swallowing requests", "memory stays bounded, requests time out, the breaker opens", network},
		{"a bulk request fails for some of its rows", "these alone are tried again or become dead letters", search},
		{"connection reset within a batch", "tried again; none twice where that is promised", network},
		{"a compaction wins the race for the table", "the same data files are attached to the new snapshot", fine},
		{"a process that was thought dead commits", "it is fenced: none of its rows appear", fine},
		{"the catalog commits and answers with an error", "one snapshot, found again by its id", fine},
		{"the table was rolled back, or its snapshots expired", "the copy in the table's properties, or a refusal", fine},
		{"disk full", "nothing is acknowledged; the pipeline goes on once there is space", fine},
		{"a sync fails", "nothing is acknowledged; the file is written anew", fine},
		{"state damaged, empty, cut off, or of a newer version", "refused with the file's name and the way out", fine},
		{"state directory read-only or somebody else's", "the start is refused and names the path", fine},
		{"the clock jumps by a day", "no timer fires early or late", fine},
		{"the broker restarts", "the pipeline goes on and catches up", fine},
		{"the broker has lost the end of its log", "it is noticed; no new record is skipped", fine},
		{"a topic is deleted, or made anew", "stopped with a reason, without a hot loop", fine},
		{"partitions are added or removed", "picked up, or stopped with a reason", fine},
		{"partitions move with batches in flight", "none lost; none twice where that is promised", fine},
		{"text that is no UTF-8, a byte order mark, zero bytes", "rejected by row, its bytes kept exactly", fine},
		{"a record of 100 MB", "rejected by row; memory stays within its budget", fine},
		{"JSON nested 100,000 deep", "rejected by row", fine},
		{"numbers that do not fit: 2^53+1, 1e400, decimals", "exact or rejected, never rounded in silence", fine},
		{"NaN, the infinities, -0", "as the schema says; outputs that cannot write them reject the row", fine},
		{"a key twice in one object, or in one batch", "rejected, or the last one by rule", fine},
		{"columns appear, vanish, or change their type", "added where that is safe, otherwise rejected", fine},
		{"a document cut off, empty, or changed half-way", "refused with a position; a running pipeline is not disturbed", fine},
		{"an environment variable missing or empty", "an error that names the variable and never a value", fine},
		{"a template that includes itself, or explodes", "refused with the chain of names", templates},
		{"a YAML alias bomb, deep nesting, huge or repeated keys", "refused at once, in little memory", fine},
		{"an expression that does not end or eats memory", "the row fails within its limit", fine},
		{"a slow regular expression", "linear in its input; patterns are compiled by lint", fine},
		{"gzip and zstd bombs, huge zstd windows", "stopped at max_record and at a bounded window", fine},
		{"SQL within the name of a routed table or column", "quoted or refused", sql},
		{"a file path that leaves its folder", "refused", fine},
		{"a URL in data that points inside the network", "refused by the address that is dialled", http},
		{"secrets in logs, errors, metrics, dead letters, state", "no canary is ever found", fine},
		{"the API without a key or with a wrong one", "401, in constant time", api},
		{"the API called by a web page", "refused unless its origin is allowed", api},
		{"slow, huge and numerous requests to the API", "limits hold; pipelines are not affected", api},
		{"TLS: downgrade, wrong name, expired, none", "the connection is refused", network},
		{"short of memory", "the input waits first; a kill costs nothing", fine},
		{"goroutines or descriptors leak on reconnecting", "flat after a thousand times", network},
		{"a panic in a component or a library", "the pipeline fails with a reason; the process lives", fine},
	}
}
