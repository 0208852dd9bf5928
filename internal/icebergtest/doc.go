// Package icebergtest is an Iceberg REST catalog for tests: the published protocol as far as writers use it, over the SQL
// catalog of apache/iceberg-go, on loopback, with faults where a test wants them.
package icebergtest
