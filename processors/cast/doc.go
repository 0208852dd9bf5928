// Package cast is the processor that converts columns to other types, and rejects the records whose value does not fit.
//
// Each pair of types has a [kernel], chosen when the processor is bound. Kernels loop over typed slices and note the rows
// that fail; what is said of them is only made when there are any.
package cast
