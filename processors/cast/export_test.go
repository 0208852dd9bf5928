package cast

import "github.com/iggy-flow/iggy-flow/schemas"

// Possible reports whether there is a conversion.
func Possible(from, to schemas.Type) bool { return kernelFor(from, to) != nil }
