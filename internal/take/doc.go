// Package take picks rows out of batches with a loop for each layout of values: compute.Take of arrow-go makes some sixty
// allocations for each column, which is most of what a filter costs. Its results are the oracle of the test.
package take
