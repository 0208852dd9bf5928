// Package iceberg writes records to Apache Iceberg tables: all to one, or each to the one that an expression names.
//
// It is transactional: rows go to data files that become visible when a checkpoint commits, in the same transaction as
// the positions that they came from. Tables are created and get new columns as records need them. What Iceberg is and how
// commits stay exactly-once is in internal/iceberg; here is what the engine asks for.
package iceberg
