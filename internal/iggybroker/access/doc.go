// Package access holds the users of a broker, what each may do, and their personal access tokens.
//
// [Users] keeps passwords and tokens only as hashes. Its errors are the statuses that the broker answers with.
package access
