// Package s3state keeps checkpoints in an S3-compatible object store, for processes without a disk.
//
// A small object, the head, names the last two checkpoints and holds the lease; every change of it is a compare and swap
// on its ETag, so that a process whose lease was taken over can never change it again. Checkpoints are objects of their
// own, each written once under a name that nobody else uses. The store must honour If-Match and If-None-Match on PUT, as
// AWS S3, MinIO, Ceph, R2 and versitygw do; Open checks that it does.
package s3state
