package dsl

import (
	"regexp"
	"strconv"
	"strings"
)

// The core schema of YAML 1.2, section 10.3.2. Everything else that is plain is a text: `no`, `1_000` and `2024-01-01` are.
var (
	coreInt   = regexp.MustCompile(`^([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$`)
	coreFloat = regexp.MustCompile(`^([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$`)
)

// maxNumber is the longest text that can be a number: longer ones are texts, so that no check is superlinear.
const maxNumber = 400

// coreKind is what a plain scalar of YAML is.
func coreKind(text string) ValueKind {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return NullValue
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return BoolValue
	}
	switch c := text[0]; {
	case len(text) > maxNumber || c != '-' && c != '+' && c != '.' && (c < '0' || c > '9'):
		return StringValue
	case coreInt.MatchString(text):
		return IntValue
	case coreFloat.MatchString(text):
		return FloatValue
	}
	return StringValue
}

// parseBool reads a scalar of kind BoolValue.
func parseBool(text string) bool { return strings.EqualFold(text, "true") }

// parseInt reads a scalar of kind IntValue. It fails only where the number does not fit.
func parseInt(text string) (int64, error) {
	if rest, ok := strings.CutPrefix(text, "0o"); ok {
		return strconv.ParseInt(rest, 8, 64)
	}
	if rest, ok := strings.CutPrefix(text, "0x"); ok {
		return strconv.ParseInt(rest, 16, 64)
	}
	return strconv.ParseInt(text, 10, 64)
}

// parseFloat reads a scalar of kind FloatValue or IntValue.
func parseFloat(text string) (float64, error) {
	if coreKind(text) == IntValue && (strings.HasPrefix(text, "0o") || strings.HasPrefix(text, "0x")) {
		v, err := parseInt(text)
		return float64(v), err
	}
	if i := strings.IndexByte(text, '.'); i >= 0 && i+1 < len(text) && (text[i+1]|0x20 == 'i' || text[i+1]|0x20 == 'n') {
		text = text[:i] + text[i+1:]
	}
	return strconv.ParseFloat(text, 64)
}
