package schemas

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// maxTypeDepth bounds the nesting of a type: deeper ones are mistakes, and every walk over types recurses.
const maxTypeDepth = 32

// TypeError says which bytes of a type's text are wrong. A caller adds the text's own position.
type TypeError struct {
	Start, End int // byte offsets into the text
	Found      string
	Expected   string
	Fix        string
}

// Error is the finding without a position.
func (e *TypeError) Error() string {
	s := e.Found
	if e.Expected != "" {
		s += "; expected " + e.Expected
	}
	if e.Fix != "" {
		s += "; " + e.Fix
	}
	return s
}

// aliases are names that other systems use: each is answered with ours, and none is accepted.
var aliases = map[string]string{
	"integer": "int32", "int": "int64", "long": "int64", "bigint": "int64", "smallint": "int16", "tinyint": "int8",
	"float32": "float", "float64": "double", "real": "float", "number": "double", "numeric": "decimal(38,9)",
	"str": "string", "text": "string", "utf8": "string", "varchar": "string", "boolean": "bool", "bytes": "binary",
	"bytea": "binary", "datetime": "timestamp", "timestamptz": "timestamp", "array": "list<string>",
	"object": "struct{...}", "variant": "json", "jsonb": "json", "any": "json",
}

// ParseType reads the text of a type. The error is a *TypeError.
func ParseType(text string) (Type, error) {
	p := &typeParser{text: text}
	t, err := p.parse(0)
	if err != nil {
		return Type{}, err
	}
	p.space()
	if p.at < len(text) {
		return Type{}, &TypeError{Start: p.at, End: len(text), Found: fmt.Sprintf("%q behind the type %s", text[p.at:], t), Fix: "remove it"}
	}
	return t, nil
}

// TypeNames are the names that ParseType knows, in the order of the documentation.
func TypeNames() []string {
	names := make([]string, 0, len(kindNames))
	for k := Bool; int(k) < len(kindNames); k++ {
		names = append(names, k.String())
	}
	return names
}

type typeParser struct {
	text string
	at   int
}

func (p *typeParser) space() {
	for p.at < len(p.text) && (p.text[p.at] == ' ' || p.text[p.at] == '\t' || p.text[p.at] == '\n') {
		p.at++
	}
}

func (p *typeParser) word() string {
	p.space()
	start := p.at
	for p.at < len(p.text) {
		c := p.text[p.at]
		if c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			p.at++
			continue
		}
		break
	}
	return p.text[start:p.at]
}

func (p *typeParser) expect(c byte, in string) error {
	p.space()
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return nil
	}
	found := "the end of the type"
	end := p.at
	if p.at < len(p.text) {
		found, end = strconv.Quote(p.text[p.at:p.at+1]), p.at+1
	}
	return &TypeError{Start: p.at, End: end, Found: found + " in " + in, Expected: "`" + string(c) + "`"}
}

func (p *typeParser) parse(depth int) (Type, error) {
	if depth > maxTypeDepth {
		return Type{}, &TypeError{Start: p.at, End: len(p.text), Found: "a type nested deeper than " + strconv.Itoa(maxTypeDepth) + " levels", Fix: "use json for what lies deeper"}
	}
	p.space()
	start := p.at
	name := p.word()
	for k := Bool; int(k) < len(kindNames); k++ {
		if kindNames[k] == name {
			return p.parameters(k, depth)
		}
	}
	return Type{}, unknownType(name, p.text, start, p.at)
}

func unknownType(name, text string, start, end int) error {
	e := &TypeError{Start: start, End: end, Found: "unknown type `" + name + "`", Expected: "one of: " + strings.Join(TypeNames(), ", ")}
	if name == "" {
		e.Found = "no type"
		if start < len(text) {
			e.Found, e.End = "unexpected "+strconv.Quote(text[start:start+1]), start+1
		}
	} else if known, ok := aliases[strings.ToLower(name)]; ok {
		e.Fix = "write `" + known + "`"
	} else if near := source.Suggest(name, TypeNames()); near != "" {
		e.Fix = "write `" + near + "`"
	}
	return e
}

func (p *typeParser) parameters(k Kind, depth int) (Type, error) {
	switch k {
	case Decimal:
		return p.decimal()
	case Fixed:
		n, err := p.numbers("fixed", "fixed(n)", 1)
		if err != nil {
			return Type{}, err
		}
		if n[0].value < 1 {
			return Type{}, n[0].wrong("a size of at least 1 byte")
		}
		return Type{Kind: Fixed, Size: n[0].value}, nil
	case List:
		return p.list(depth)
	case Map:
		return p.mapType(depth)
	case Struct:
		return p.structType(depth)
	default:
		return Of(k), nil
	}
}

// number is one parameter between parentheses and where it stands.
type number struct{ value, start, end int }

func (n number) wrong(expected string) error {
	return &TypeError{Start: n.start, End: n.end, Found: "the parameter is " + strconv.Itoa(n.value), Expected: expected}
}

func (p *typeParser) numbers(name, form string, count int) ([]number, error) {
	if err := p.expect('(', "`"+form+"`"); err != nil {
		return nil, err
	}
	var out []number
	for i := range count {
		if i > 0 {
			if err := p.expect(',', "`"+form+"`"); err != nil {
				return nil, err
			}
		}
		p.space()
		start := p.at
		text := p.word()
		v, err := strconv.Atoi(text)
		if err != nil {
			return nil, &TypeError{Start: start, End: p.at, Found: "the parameter of " + name + " is " + strconv.Quote(text), Expected: "a whole number, as in `" + form + "`"}
		}
		out = append(out, number{v, start, p.at})
	}
	return out, p.expect(')', "`"+form+"`")
}

func (p *typeParser) decimal() (Type, error) {
	n, err := p.numbers("decimal", "decimal(p,s)", 2)
	if err != nil {
		return Type{}, err
	}
	if n[0].value < 1 || n[0].value > 38 {
		return Type{}, n[0].wrong("a precision of 1 to 38 digits")
	}
	if n[1].value < 0 || n[1].value > n[0].value {
		return Type{}, n[1].wrong("a scale of 0 to the precision, " + strconv.Itoa(n[0].value))
	}
	return DecimalOf(n[0].value, n[1].value), nil
}

func (p *typeParser) list(depth int) (Type, error) {
	if err := p.expect('<', "`list<T>`"); err != nil {
		return Type{}, err
	}
	elem, err := p.parse(depth + 1)
	if err != nil {
		return Type{}, err
	}
	return ListOf(elem), p.expect('>', "`list<T>`")
}

func (p *typeParser) mapType(depth int) (Type, error) {
	if err := p.expect('<', "`map<string,T>`"); err != nil {
		return Type{}, err
	}
	p.space()
	start := p.at
	if key := p.word(); key != "string" {
		return Type{}, &TypeError{Start: start, End: p.at, Found: "the key type `" + key + "`", Expected: "`string`: only map<string,T> exists"}
	}
	if err := p.expect(',', "`map<string,T>`"); err != nil {
		return Type{}, err
	}
	value, err := p.parse(depth + 1)
	if err != nil {
		return Type{}, err
	}
	return MapOf(value), p.expect('>', "`map<string,T>`")
}

func (p *typeParser) structType(depth int) (Type, error) {
	const form = "`struct{name: T, ...}`"
	if err := p.expect('{', form); err != nil {
		return Type{}, err
	}
	var fields []Field
	for {
		p.space()
		if p.at < len(p.text) && p.text[p.at] == '}' {
			p.at++
			return StructOf(fields...), nil
		}
		if len(fields) > 0 {
			if err := p.expect(',', form); err != nil {
				return Type{}, err
			}
		}
		f, err := p.member(depth, fields)
		if err != nil {
			return Type{}, err
		}
		fields = append(fields, f)
	}
}

func (p *typeParser) member(depth int, before []Field) (Field, error) {
	p.space()
	start := p.at
	name, err := p.memberName()
	if err != nil {
		return Field{}, err
	}
	for _, f := range before {
		if f.Name == name {
			return Field{}, &TypeError{Start: start, End: p.at, Found: "the member `" + name + "` twice", Fix: "remove one"}
		}
	}
	if err := p.expect(':', "`struct{name: T, ...}`"); err != nil {
		return Field{}, err
	}
	t, err := p.parse(depth + 1)
	if err != nil {
		return Field{}, err
	}
	mark := p.at
	if p.word() == "required" {
		return Field{Name: name, Type: t, Required: true}, nil
	}
	p.at = mark
	return Field{Name: name, Type: t}, nil
}

func (p *typeParser) memberName() (string, error) {
	start := p.at
	if p.at < len(p.text) && p.text[p.at] == '"' {
		quoted, err := strconv.QuotedPrefix(p.text[p.at:])
		if err != nil {
			return "", &TypeError{Start: start, End: len(p.text), Found: "a quoted name without its end", Expected: "`\"`"}
		}
		p.at += len(quoted)
		name, err := strconv.Unquote(quoted)
		if err != nil {
			return "", &TypeError{Start: start, End: p.at, Found: "the name " + quoted, Expected: "a quoted text"}
		}
		return name, nil
	}
	name := p.word()
	if name == "" {
		return "", &TypeError{Start: start, End: min(start+1, len(p.text)), Found: "no member name", Expected: "a name, as in `struct{name: string}`"}
	}
	return name, nil
}
