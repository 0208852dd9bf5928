package dsl

import (
	"regexp"
	"strings"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// secretName is a name whose value is hidden even where no spec says that it is a secret: in a document with a syntax error,
// under a misspelt component, in a misspelt field.
var secretName = regexp.MustCompile(`(?i)(^|[_-])(password|passwd|passphrase|secret|token|credentials?|api_?key|access_?key|secret_?key|private_?key)$`)

// secretLine finds such a name and what follows it in a document that cannot be parsed.
var secretLine = regexp.MustCompile(`(?im)(?:password|passwd|passphrase|secret|token|credentials?|api_?key|access_?key|secret_?key|private_?key)["']?[ \t]*[:=][ \t]*([^\n]+)`)

// hideSecrets hides what looks like a secret in a document that was parsed, or could not be.
func hideSecrets(f *source.File, root *Node) {
	if root == nil {
		for _, m := range secretLine.FindAllSubmatchIndex(f.Data, -1) {
			f.Hide(at(f, m[2], m[3]))
		}
		return
	}
	root.walk(func(n *Node) {
		if secretName.MatchString(n.Key) {
			hideAll(n)
		}
	})
}

// walk calls visit for n and all below it.
func (n *Node) walk(visit func(*Node)) {
	visit(n)
	for _, e := range n.Entries {
		e.walk(visit)
	}
	for _, e := range n.Items {
		e.walk(visit)
	}
}

// hideAll hides every scalar in n that is more than a reference without a default.
func hideAll(n *Node) {
	n.walk(func(n *Node) {
		if n.Kind == ScalarNode && n.Range.File != nil && !onlyReference(n.Text) {
			n.Range.File.Hide(n.Range)
		}
	})
}

var referenceText = regexp.MustCompile(`^(\$\{[^}:]*\}|\$\{(env|file):[^}:]*\})+$`)

func onlyReference(text string) bool {
	return text == "" || strings.HasPrefix(text, "${") && referenceText.MatchString(text)
}

// hideFields hides the literal values of the secret fields of a component that is never decoded.
func hideFields(n *Node, fields []FieldSpec) {
	for _, f := range fields {
		entry := n.Lookup(f.Name)
		if f.Body {
			entry = n
		}
		switch {
		case entry == nil:
		case f.Secret:
			hideAll(entry)
		case f.Map:
			for _, e := range entry.Entries {
				hideFields(e, f.Fields)
			}
		case entry.Kind == ListNode:
			for _, e := range entry.Items {
				hideFields(e, f.Fields)
			}
		default:
			hideFields(entry, f.Fields)
		}
	}
}
