// Package s3test starts a real S3 server for tests: versitygw, which checks signatures and honours conditions.
package s3test
