// Package iceberg writes Apache Iceberg tables: it holds what the iceberg output and input share.
//
// A [Catalog] finds, creates and evolves tables; a [Plan] brings Arrow records into the types of a [Table]; a [Writer]
// makes data files of them, durable and not yet visible; [Catalog.Append] makes such files visible, exactly once. Tables
// and commits go through apache/iceberg-go, data files do not: its own writer loses rows in silence.
//
// The invariants: a data file carries only field ids that the catalog has confirmed; an append is recognised by its
// commit uuid, in the summary of its snapshot and in a property of its table; nothing is deleted while it is in doubt
// whether a table refers to it.
package iceberg
