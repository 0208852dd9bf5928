package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

// mutant is one change of a file.
type mutant struct {
	function string
	what     string
	text     string // the changed source, in one line
	nth      int    // counts equal ones of a function from 1
	line     int

	start, end int // the bytes that with replaces
	with       string
}

// key names m as long as its function and text stay; lines may move.
func (m mutant) key() string {
	key := fmt.Sprintf("%s: %s: %s", m.function, m.what, m.text)
	if m.nth > 1 {
		key += fmt.Sprintf(" (%d)", m.nth)
	}
	return key
}

func (m mutant) apply(source []byte) []byte {
	return append(append(bytes.Clone(source[:m.start]), m.with...), source[m.end:]...)
}

// finder collects the mutants of a file.
type finder struct {
	source   []byte
	fset     *token.FileSet
	function string
	seen     map[string]int
	negated  map[ast.Expr]bool
	found    []mutant
}

// mutants returns what can be changed in source, in the order of the text.
func mutants(source []byte) ([]mutant, error) {
	f := &finder{source: source, fset: token.NewFileSet(), seen: map[string]int{}, negated: map[ast.Expr]bool{}}
	file, err := parser.ParseFile(f.fset, "", source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	for _, d := range file.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		f.function = fn.Name.Name
		if fn.Recv != nil {
			f.function = strings.TrimPrefix(f.between(fn.Recv.List[0].Type.Pos(), fn.Recv.List[0].Type.End()), "*") + "." + f.function
		}
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			if s, ok := n.(*ast.IfStmt); ok && f.failpoint(s) {
				return false
			}
			f.visit(n)
			return true
		})
	}
	return f.found, nil
}

func (f *finder) offset(p token.Pos) int { return f.fset.Position(p).Offset }

func (f *finder) between(from, to token.Pos) string {
	return string(f.source[f.offset(from):f.offset(to)])
}

// add notes that with takes the place of the bytes between from and to; shown is what the key says of it.
func (f *finder) add(what string, shown ast.Node, from, to token.Pos, with string) {
	m := mutant{
		function: f.function, what: what, text: strings.Join(strings.Fields(f.between(shown.Pos(), shown.End())), " "),
		line: f.fset.Position(from).Line, start: f.offset(from), end: f.offset(to), with: with,
	}
	key := m.key()
	f.seen[key]++
	m.nth = f.seen[key]
	f.found = append(f.found, m)
}

func (f *finder) visit(n ast.Node) {
	switch n := n.(type) {
	case *ast.IfStmt:
		f.negate(n.Cond)
	case *ast.SwitchStmt:
		if n.Tag == nil {
			for _, c := range n.Body.List {
				for _, e := range c.(*ast.CaseClause).List {
					f.negate(e)
				}
			}
		}
	case *ast.BinaryExpr:
		f.operator(n)
	case *ast.Ident:
		if swapped, ok := map[string]string{"true": "false", "false": "true"}[n.Name]; ok {
			f.add("swap", n, n.Pos(), n.End(), swapped)
		}
	case *ast.BlockStmt:
		f.statements(n.List)
	case *ast.CaseClause:
		f.statements(n.Body)
	case *ast.CommClause:
		f.statements(n.Body)
	}
}

func (f *finder) negate(e ast.Expr) {
	f.negated[e] = true
	f.add("negate", e, e.Pos(), e.End(), "!("+f.between(e.Pos(), e.End())+")")
}

// operator moves boundaries and swaps connectives. An equality that is a whole condition is negated already.
func (f *finder) operator(n *ast.BinaryExpr) {
	swapped, ok := map[token.Token]string{
		token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">", token.EQL: "!=", token.NEQ: "==", token.LAND: "||", token.LOR: "&&",
	}[n.Op]
	if ok && (!f.negated[n] || n.Op != token.EQL && n.Op != token.NEQ) {
		f.add("write "+swapped+" in", n, n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), swapped)
	}
}

// statements drops what can be left out of a list: calls, assignments to what is there already, and returns that end a
// branch early.
func (f *finder) statements(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.ExprStmt:
			if call, ok := s.X.(*ast.CallExpr); ok && !observes(call) {
				f.add("drop", s, s.Pos(), s.End(), "")
			}
		case *ast.DeferStmt, *ast.GoStmt, *ast.SendStmt, *ast.IncDecStmt, *ast.BranchStmt, *ast.ReturnStmt:
			f.add("drop", s, s.Pos(), s.End(), "")
		case *ast.AssignStmt:
			if s.Tok != token.DEFINE {
				f.add("drop", s, s.Pos(), s.End(), "")
			}
		}
	}
}

// failpoint reports whether s asks a failpoint, which does nothing in the product.
func (f *finder) failpoint(s *ast.IfStmt) bool {
	return s.Init != nil && strings.Contains(f.between(s.Init.Pos(), s.Init.End()), "failpoint.Hit(")
}

// observes reports whether call only tells people or test harnesses something.
func observes(call *ast.CallExpr) bool {
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	of := s.X
	if inner, ok := of.(*ast.SelectorExpr); ok {
		of = inner.Sel
	}
	name, ok := of.(*ast.Ident)
	return ok && (strings.EqualFold(name.Name, "log") || name.Name == "failpoint")
}
