package dsl

// Kind is where in a document a component may stand.
type Kind uint8

// The kinds of components.
const (
	Input Kind = iota
	Processor
	Output
)

// String is the kind's name in documents.
func (k Kind) String() string {
	switch k {
	case Input:
		return "input"
	case Processor:
		return "processor"
	default:
		return "output"
	}
}

// Example is a document, or a part of one, that shows a component at work.
type Example struct {
	Title    string
	Document string
}

// Spec describes a component: what the reference, the JSON Schema for editors and the decoder say about it.
type Spec struct {
	Kind        Kind
	Name        string
	Summary     string // one line
	Description string // Markdown; may be empty
	Since       string // version
	Fields      []FieldSpec
	Short       string // the field that a short form fills, or ""
	Bytes       bool   // it reads or writes bytes: `format` and `schema` may stand beside it
	Examples    []Example
}

// FieldSpec describes one field of a component's config.
type FieldSpec struct {
	Name       string
	Doc        string
	TypeName   string // as the reference has it: "text", "duration", "list of text", "expression"
	Required   bool
	Default    string // as a document would say it; empty where there is none, and always for secrets
	OneOf      []string
	Min, Max   string // bounds as the tags have them; empty where there is none
	Secret     bool
	Expression bool
	Body       bool        // the whole body of the component is this field; the others stand beside the component
	List       bool        // a list of what Fields or TypeName describe
	Map        bool        // a map from the user's own names to it
	Fields     []FieldSpec // of a nested struct
}

// Specs knows the components of a program. engine.Registry is one.
type Specs interface {
	// Spec returns the component of that kind and name.
	Spec(kind Kind, name string) (*Spec, bool)
	// SpecNames lists the components of a kind in alphabetical order.
	SpecNames(kind Kind) []string
}
