// Package stores opens the store that an address names.
package stores
