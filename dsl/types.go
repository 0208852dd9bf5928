package dsl

import (
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// hiddenText is what a secret prints as.
const hiddenText = "***"

// Secret is a text that is never printed: every verb and every encoder gives ***. The zero Secret is absent.
//
// The text lies behind a pointer: fmt calls no method of a field that is not exported, and prints the address then.
type Secret struct{ text *string }

// NewSecret returns a secret, for programs and tests.
func NewSecret(text string) Secret { return Secret{text: &text} }

// Reveal returns the text, for the one place that sends it to its server.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether the secret is absent or empty.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// Equal reports whether s and t have the same text.
func (s Secret) Equal(t Secret) bool { return s.Reveal() == t.Reveal() }

// String returns asterisks.
func (s Secret) String() string { return hiddenText }

// GoString returns asterisks.
func (s Secret) GoString() string { return hiddenText }

// Format writes asterisks for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hiddenText)) }

// MarshalText returns asterisks.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hiddenText), nil }

// MarshalJSON returns asterisks.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(hiddenText) }

// MarshalYAML returns asterisks.
func (s Secret) MarshalYAML() (any, error) { return hiddenText, nil }

// LogValue returns asterisks.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hiddenText) }

var (
	_ fmt.Formatter  = Secret{}
	_ json.Marshaler = Secret{}
	_ slog.LogValuer = Secret{}
)

// Text is a text and where it stands.
type Text struct {
	Value string
	Range source.Range
}

// Path is a path of the file system. Relative ones begin at the document's folder.
type Path struct {
	Value   string // absolute
	Written string // as the document has it, interpolated
	Range   source.Range
}

// String is the absolute path.
func (p Path) String() string { return p.Value }

// Entry is one pair of a Map.
type Entry[T any] struct {
	Key      string
	KeyRange source.Range
	Value    T
}

// Map is a map from the user's own names to values, in document order.
type Map[T any] []Entry[T]

// Lookup returns the value of key.
func (m Map[T]) Lookup(key string) (T, bool) {
	for _, e := range m {
		if e.Key == key {
			return e.Value, true
		}
	}
	var zero T
	return zero, false
}
