// Package catalog holds the streams of a broker, their topics, partitions and consumer groups, and all that requests do to
// them.
//
// A [Catalog] keeps its shape in catalog.json, which every change replaces, and the messages in one folder for each topic. It
// speaks in the values of package wire: its errors wrap the [wire.Status] to answer with. The invariant: a topic that
// catalog.json names has its folder; a folder that it does not name is the rest of a deletion and is removed at the next start.
package catalog
