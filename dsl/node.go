package dsl

import "github.com/iggy-flow/iggy-flow/dsl/source"

// NodeKind says which of its parts a node has.
type NodeKind uint8

// The kinds of nodes. The zero kind is a node that the document does not have: what Field returns for a missing name.
const (
	AbsentNode NodeKind = iota
	MapNode
	ListNode
	ScalarNode
)

// String is the word that messages use.
func (k NodeKind) String() string {
	switch k {
	case MapNode:
		return "a map"
	case ListNode:
		return "a list"
	case ScalarNode:
		return "a value"
	default:
		return "nothing"
	}
}

// ValueKind is what a scalar is by the one rule of its format: YAML 1.2's core schema for plain scalars, TOML's own.
type ValueKind uint8

// The kinds of scalars. TOML's dates and times are strings, as they are in YAML 1.2.
const (
	NullValue ValueKind = iota
	BoolValue
	IntValue
	FloatValue
	StringValue
)

// String is the word that messages use.
func (k ValueKind) String() string {
	return [...]string{"null", "true or false", "a whole number", "a number", "a text"}[k]
}

// Style is how a scalar is written.
type Style uint8

// The styles of YAML, then those of TOML.
const (
	Plain Style = iota // also TOML's bare values
	SingleQuoted
	DoubleQuoted
	Literal // |
	Folded  // >
	BasicString
	LiteralString
	MultilineBasic
	MultilineLiteral
)

// Node is one value of a document. A tree is not modified once it is parsed.
type Node struct {
	Kind     NodeKind
	Range    source.Range // of the value, quotes and brackets included
	Key      string       // of an entry of a map
	KeyRange source.Range

	Text  string // of a scalar, unquoted; TOML's numbers are spelled as YAML's: no underscores, .inf, .nan
	Style Style
	Value ValueKind

	Entries []*Node // of a map, in document order
	Items   []*Node // of a list

	beside *Node    // of a component's body: the options that stand beside its name
	path   string   // of a component's body, for the components nested in it
	null   bool     // of a component's body: nothing stands under its name
	stray  []string // of a component's body: fields that stand beside its name, where they are reported
}

// Lookup returns the entry of that name, or nil.
func (n *Node) Lookup(name string) *Node {
	if n == nil {
		return nil
	}
	for _, e := range n.Entries {
		if e.Key == name {
			return e
		}
	}
	return nil
}

// Has reports whether n is a map with an entry of that name.
func (n *Node) Has(name string) bool { return n.Lookup(name) != nil }

// Field returns the entry of that name. Where there is none it is an absent node at n's own range, so that a finding about
// it has a place. n may be nil.
func (n *Node) Field(name string) *Node {
	if e := n.Lookup(name); e != nil {
		return e
	}
	if n == nil {
		return &Node{Key: name}
	}
	if n.beside != nil {
		if e := n.beside.Lookup(name); e != nil {
			return e
		}
	}
	return &Node{Key: name, Range: n.Range, KeyRange: n.KeyRange}
}

// IsNull reports whether n is the scalar null: written, or left empty.
func (n *Node) IsNull() bool { return n != nil && n.Kind == ScalarNode && n.Value == NullValue }

// Keys lists the names of a map in document order.
func (n *Node) Keys() []string {
	if n == nil {
		return nil
	}
	keys := make([]string, len(n.Entries))
	for i, e := range n.Entries {
		keys[i] = e.Key
	}
	return keys
}
