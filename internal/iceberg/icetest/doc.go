// Package icetest reads Iceberg tables for tests, without the code that wrote them: metadata as JSON, manifests as Avro
// and data files as Parquet.
package icetest
