package engine

import "strings"

// The classes of rejections: a closed set, for alerts and filters. A code says more, and new codes come with components.
const (
	ClassDecode     = "decode"     // the bytes are no record of their format
	ClassType       = "type"       // a value is not what its column holds
	ClassExpression = "expression" // an expression or processor has no result for the record
	ClassRoute      = "route"      // the record has no target
	ClassSchema     = "schema"     // the record lacks what is required, or has what its target does not
	ClassSize       = "size"       // the record, or what it becomes, is beyond a limit
	ClassTarget     = "target"     // the target did not take the record
)

// Classes lists the classes in the order of a record's way.
func Classes() []string {
	return []string{ClassDecode, ClassType, ClassExpression, ClassRoute, ClassSchema, ClassSize, ClassTarget}
}

// ClassOf returns the class of a rejection by its code, and where the code says nothing, by the component that rejected:
// one of the input is of the bytes, one of a processor of its work, one of an output of its target.
func ClassOf(at Site, code string) string {
	switch code {
	case "json-syntax", "json-encoding", "json-duplicate-key", "text-encoding":
		return ClassDecode
	case "json-type", "json-range", "cast", "invalid-cast", "column-type", "column-range":
		return ClassType
	case "int-overflow", "division-by-zero", "invalid-date", "timestamp-overflow", "index-out-of-range", "decimal-overflow":
		return ClassExpression
	case "route-name", "route-tables", "table-missing":
		return ClassRoute
	case "null-in-required", "unknown-field", "column-unknown", "column-case":
		return ClassSchema
	case "frame-too-long", "json-depth", "limit-exceeded":
		return ClassSize
	}
	switch root, _, _ := strings.Cut(at.Path, "."); {
	case strings.HasPrefix(root, "input"):
		return ClassDecode
	case strings.HasPrefix(root, "processors"):
		return ClassExpression
	default:
		return ClassTarget
	}
}
