package dsl

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// parseYAML reads a YAML document. The structure is goccy's; places and values are read from the source.
func parseYAML(f *source.File) (*Node, source.Diagnostics) {
	lexed := harmless(f.Data)
	tokens, ds := lexYAML(f, lexed)
	if ds != nil {
		return nil, ds
	}
	if r, many := yamlNodes(f, tokens); many {
		return nil, one(tooManyValues(r))
	}
	l := locate(f, lexed, tokens)
	if len(l.bad) > 0 {
		return nil, l.bad[:1]
	}
	if r, deep := yamlDepth(l, tokens); deep {
		return nil, one(tooDeep(r))
	}
	file, err := parseTokens(tokens)
	if err != nil {
		return nil, one(yamlSyntax(l, tokens, err))
	}
	y := &yamlTree{locator: l, anchors: map[string]*Node{}, open: map[string]bool{}}
	root := y.document(file)
	if l.lost.File != nil && len(y.ds) == 0 {
		y.dropped(l.lost)
	}
	if y.ds.HasErrors() {
		y.ds.Sort()
		return nil, y.ds
	}
	return root, nil
}

// errPanic is what a panic of the parser is taken for.
var errPanic = fmt.Errorf("the parser cannot read it")

func parseTokens(tokens token.Tokens) (file *ast.File, err error) {
	defer func() {
		if recover() != nil {
			file, err = nil, errPanic
		}
	}()
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
}

// yamlTree converts goccy's tree.
type yamlTree struct {
	*locator
	ds      source.Diagnostics
	anchors map[string]*Node
	open    map[string]bool // anchors whose value is not yet complete
	nodes   int             // with aliases expanded
}

// fail adds a finding and returns a node to go on with.
func (y *yamlTree) fail(d source.Diagnostic) *Node {
	if d.Code == "" {
		d.Code = "yaml-syntax"
	}
	y.ds = append(y.ds, d)
	return &Node{Kind: ScalarNode, Range: d.Range}
}

func (y *yamlTree) document(file *ast.File) *Node {
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if _, ok := doc.Body.(*ast.DirectiveNode); ok {
			return y.fail(source.Diagnostic{
				Range: y.place(doc.Body.GetToken()), Found: "a directive", Expected: "a document without directives", Fix: "remove the line",
			})
		}
		if body != nil {
			return y.fail(source.Diagnostic{
				Code: "many-documents", Range: y.begin(doc), Found: "a second document in one file",
				Expected: "one pipeline", Fix: "write each document into a file of its own",
			})
		}
		body = doc.Body
	}
	if body == nil {
		return &Node{Kind: ScalarNode, Range: at(y.f, 0, 0)}
	}
	return y.node(body, 0)
}

// begin is where a document after the first starts: its --- where it has one.
func (y *yamlTree) begin(doc *ast.DocumentNode) source.Range {
	if doc.Start != nil {
		return y.place(doc.Start)
	}
	return y.place(doc.Body.GetToken())
}

// place is where a token stands. The tokens that the parser invents have but a line and a column.
func (l *locator) place(t *token.Token) source.Range {
	if s, ok := l.spans[t]; ok {
		return s.Range
	}
	if t == nil || t.Position == nil {
		return at(l.f, l.at, l.at)
	}
	offset := l.f.Offset(t.Position.Line, t.Position.Column)
	return at(l.f, offset, offset)
}

// node converts n; after is the offset where an empty value stands.
func (y *yamlTree) node(n ast.Node, after int) *Node {
	if y.nodes++; y.nodes > maxNodes {
		return y.tooMany(y.place(n.GetToken()))
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		return y.mapping(n)
	case *ast.MappingValueNode:
		return y.mapping(&ast.MappingNode{Start: n.Start, Values: []*ast.MappingValueNode{n}})
	case *ast.SequenceNode:
		return y.sequence(n)
	case *ast.AnchorNode:
		return y.anchor(n, after)
	case *ast.AliasNode:
		return y.alias(n)
	case *ast.TagNode:
		return y.tag(n, after)
	case *ast.LiteralNode:
		return y.block(n)
	case *ast.MergeKeyNode:
		return y.scalar(n.Token, after)
	case ast.ScalarNode:
		return y.scalar(n.GetToken(), after)
	default:
		return y.fail(source.Diagnostic{Range: y.place(n.GetToken()), Found: "a construct that documents do not have", Expected: "a value, a list or a map"})
	}
}

func (y *yamlTree) tooMany(r source.Range) *Node {
	n := &Node{Kind: ScalarNode, Range: r}
	if y.nodes >= 0 {
		y.nodes = -1 << 60 // one finding is enough
		y.fail(tooManyValues(r))
	}
	return n
}

// scalar converts a scalar that is no block. Its value is the source's; a parser that reads another one is not believed.
func (y *yamlTree) scalar(t *token.Token, after int) *Node {
	s, found := y.spans[t]
	if !found { // an empty value
		r := y.place(t)
		if after > 0 {
			r = at(y.f, after, after)
		}
		return &Node{Kind: ScalarNode, Range: r}
	}
	if s.scalar == nil {
		return y.doubtful(s.Range)
	}
	n := &Node{Kind: ScalarNode, Range: s.Range, Text: string(s.scalar.text), Style: s.style, Value: StringValue}
	if s.style == Plain {
		if strings.ContainsAny(n.Text[:min(1, len(n.Text))], ",[]{}#&*!|>'\"%@`") {
			return y.fail(source.Diagnostic{
				Range: oneLine(s.Range), Found: "a value that begins with `" + n.Text[:1] + "`", Expected: "a value that does not begin with a character of YAML's own",
				Fix: "put the value in quotes",
			})
		}
		if i := strings.Index(n.Text, ": "); i >= 0 { // goccy takes it for text within { and [
			return y.fail(source.Diagnostic{
				Range: n.part(i, i+1), Found: "`: ` in a value that has no quotes", Expected: "a value in quotes, or `,` before the next entry",
				Fix: "put the value in single quotes, or write `,` between the entries",
			})
		}
		n.Value = coreKind(n.Text)
	}
	return n
}

// dropped is the finding for text that the lexer has made no token of.
func (y *yamlTree) dropped(r source.Range) {
	if y.f.Data[r.Start] == '!' {
		y.fail(source.Diagnostic{
			Code: "unknown-tag", Range: oneLine(r), Found: "a tag without a value", Expected: "a value without a tag", Fix: "put the value in quotes, if `!` is a part of it",
		})
		return
	}
	y.doubtful(r)
}

// doubtful is the finding for a scalar whose value goccy and the source do not agree on.
func (y *yamlTree) doubtful(r source.Range) *Node {
	return y.fail(source.Diagnostic{
		Code: "yaml-ambiguous", Range: oneLine(r), Found: "a text that YAML parsers do not agree on",
		Expected: "a text on one line", Fix: "write it in double quotes",
	})
}

func (y *yamlTree) block(n *ast.LiteralNode) *Node {
	t := n.Start
	if n.Value != nil {
		if s, ok := y.spans[n.Value.Token]; ok && s.style >= Literal {
			if s.scalar == nil {
				return y.doubtful(s.Range)
			}
			return &Node{Kind: ScalarNode, Range: s.Range, Text: string(s.scalar.text), Style: s.style, Value: StringValue}
		}
	}
	s := y.spans[t]
	return &Node{Kind: ScalarNode, Range: s.Range, Style: s.style, Value: StringValue}
}
