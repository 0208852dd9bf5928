package expression

// What an expression and its evaluation may cost. An author is trusted; the records are not.
const (
	maxSource = 64 << 10 // bytes of an expression
	maxNodes  = 10_000   // nodes of its syntax tree
	maxDepth  = 1_000    // levels of it: passes are recursive

	maxPattern = 1_000 // bytes of a regular expression: RE2 is linear in text times pattern

	maxBatchText = 256 << 20 // bytes of text that kernels make in one batch
	maxValueText = 64 << 20  // bytes of one text

	maxRowSteps   = 1_000_000  // predicate bodies on one row
	maxBatchSteps = 20_000_000 // on all rows of a batch
	maxRowBytes   = 8 << 20    // text and list elements, counted, that the VM makes on one row
)
