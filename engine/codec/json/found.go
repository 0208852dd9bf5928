package json

import (
	"strconv"
	"unicode/utf8"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// value is the value at the trouble and its kind, for people: "abc" is a string.
func (t trouble) value(frame []byte) string {
	from := t.offset(frame)
	text := token(frame[from:])
	if len(text) == 0 {
		return "nothing"
	}
	kind := "is a number"
	switch text[0] {
	case '"':
		kind = "is a string"
	case '{':
		return clip(string(text)) + " is an object"
	case '[':
		return clip(string(text)) + " is an array"
	case 't', 'f':
		kind = "is a bool"
	case 'n':
		return "null"
	default:
		if text[0] != '-' && (text[0] < '0' || text[0] > '9') {
			return clip(string(text))
		}
	}
	return clip(string(text)) + " " + kind
}

// excerpt is the key at the trouble.
func (t trouble) excerpt(frame []byte) string {
	return clip(string(token(frame[t.offset(frame):])))
}

// token is the front of s up to where its first token ends; an object or array is one.
func token(s []byte) []byte {
	if len(s) == 0 {
		return s
	}
	if s[0] == '{' || s[0] == '[' {
		var brackets scan
		n, _ := brackets.end(s)
		return s[:n]
	}
	for i, c := range s {
		if s[0] == '"' {
			if i > 0 && c == '"' && s[i-1] != '\\' {
				return s[:i+1]
			}
			continue
		}
		switch c {
		case ',', '}', ']', ':', ' ', '\t', '\r', '\n':
			if i > 0 {
				return s[:i]
			}
		}
	}
	return s
}

const rfc3339 = "text as in RFC 3339, such as "

// expectation says what a value of t looks like; found is what stands there.
func expectation(t schemas.Type, found []byte) string {
	name := t.String()
	number := len(found) > 0 && (found[0] == '-' || found[0] >= '0' && found[0] <= '9')
	switch t.Kind {
	case schemas.Timestamp, schemas.TimestampNS:
		name += ": " + rfc3339 + `"2026-01-31T12:00:00Z"`
		if number {
			name += "; a number can be read as int64 and converted by an expression"
		}
	case schemas.LocalTimestamp:
		name += ": " + rfc3339 + `"2026-01-31T12:00:00", without a zone`
	case schemas.Date:
		name += `: text such as "2026-01-31"`
	case schemas.Time:
		name += `: text such as "12:00:00.5"`
	case schemas.UUID:
		name += `: text such as "123e4567-e89b-12d3-a456-426614174000"`
	case schemas.Binary:
		name += ": base64 text with its padding"
	case schemas.Fixed:
		name += ": base64 text of " + strconv.Itoa(t.Size) + " bytes"
	case schemas.Decimal:
		name += ": up to " + strconv.Itoa(t.Precision-t.Scale) + " digits before the point and " + strconv.Itoa(t.Scale) + " behind it"
	case schemas.Struct, schemas.Map:
		name = t.Kind.String() + ": an object"
	case schemas.List:
		name += ": an array"
	default:
		if t.Kind.Integer() && number {
			low, high := bounds(t.Kind)
			name += ": a whole number from " + strconv.FormatInt(low, 10) + " to " + strconv.FormatUint(high, 10)
		}
	}
	return name
}

// clip cuts s for a message and makes it printable.
func clip(s string) string {
	cut := false
	if len(s) > 48 {
		s, cut = s[:48], true
		for len(s) > 44 && !utf8.RuneStart(s[len(s)-1]) {
			s = s[:len(s)-1]
		}
		if len(s) > 44 && s[len(s)-1] >= utf8.RuneSelf {
			s = s[:len(s)-1]
		}
	}
	quoted := strconv.Quote(s)
	printable := quoted[1:len(quoted)-1] == s || onlyQuotes(s)
	if !printable {
		s = quoted
	}
	if cut {
		s += "…"
	}
	return s
}

// onlyQuotes reports whether all that strconv.Quote would escape in s are quotes and backslashes.
func onlyQuotes(s string) bool {
	for _, r := range s {
		if r == utf8.RuneError || !strconv.IsPrint(r) {
			return false
		}
	}
	return true
}
