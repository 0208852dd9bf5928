package expression

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/expr-lang/expr/file"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

var (
	tokenPattern   = regexp.MustCompile(`unexpected token (\w+)(?:\("(.*)"\))?`)
	coalesceMixed  = regexp.MustCompile(`^Operator \((.*)\) and coalesce`)
	literalPattern = regexp.MustCompile(`^invalid (\w+) literal`)
)

// syntax says in our words what the parser found.
func (c *checker) syntax(e *file.Error) source.Diagnostic {
	d := source.Diagnostic{Code: "expression-syntax", Found: e.Message}
	before := strings.TrimRight(string(c.runes[:min(max(e.From, 0), len(c.runes))]), " \t\n")
	switch message := e.Message; {
	case strings.HasPrefix(message, "unexpected token"):
		c.unexpected(&d, tokenPattern.FindStringSubmatch(message), before)
	case strings.HasPrefix(message, "unexpected end"):
		d.Found, d.Expected = "the end of the expression", "a value behind `"+lastWord(before)+"`"
	case strings.HasPrefix(message, "literal not terminated"):
		d.Found, d.Expected = "a text without its end", "the quote that it began with"
		if _, at := unclosed(c.runes); at >= 0 {
			e.From, e.To = at, len(c.runes)
		}
	case strings.HasPrefix(message, "unrecognized character"):
		d.Found, d.Expected = "the character `"+c.character(e)+"`", "an operator, a name or a value"
		switch c.character(e) {
		case "&":
			d.Fix = "write `&&` for and"
		case "=":
			d.Fix = "write `==` to compare"
		case "$":
			d.Expected, d.Fix = "", "write `vars.NAME` for a parameter of the document: expressions are not interpolated"
		}
	case strings.HasPrefix(message, "invalid char escape"):
		d.Found, d.Expected = "a backslash with a character that it does not escape", "one of \\n \\t \\r \\\\ \\\" \\' \\xHH \\uHHHH"
		d.Fix = "double the backslash, or put the text in backquotes"
	case strings.Contains(message, "maximum allowed nodes"):
		d.Code, d.Found = "expression-too-long", fmt.Sprintf("an expression of more than %d parts", maxNodes)
		d.Fix = "split it over several processors"
	case coalesceMixed.MatchString(message):
		op := coalesceMixed.FindStringSubmatch(message)[1]
		d.Found = "`??` and `" + op + "` side by side"
		d.Fix = "say with parentheses which comes first: `(a ?? b) " + op + " c`"
	case literalPattern.MatchString(message):
		d.Found, d.Expected = "a number that does not fit", "a whole number of at most 64 bits, or a decimal one"
		e.From, e.To = c.numberBefore(e.From, e.To)
	case strings.HasPrefix(message, "bad number syntax"):
		d.Found, d.Expected = "a number that cannot be read", "digits, such as 42, 1_000 or 1.5e3"
	case strings.HasPrefix(message, "expected name"):
		d.Found, d.Expected = "a point without a name behind it", "the name of a member"
	case strings.HasPrefix(message, "wrap predicate"):
		d.Found, d.Fix = "several expressions in a predicate", "put them in braces: `{ a; b }`"
	case strings.HasPrefix(message, "expected at least"):
		d.Found, d.Expected = "a call with too few operands", "a list and a predicate, as in `any(tags, # == \"x\")`"
	case strings.HasPrefix(message, "a map key must be"):
		d.Found, d.Expected = "a key that is no name", "a name, a text, a number, or an expression in parentheses"
	}
	return d
}

// unexpected tells a token where none of its kind can stand.
func (c *checker) unexpected(d *source.Diagnostic, token []string, before string) {
	kind, value := "", ""
	if token != nil {
		kind, value = token[1], token[2]
	}
	switch {
	case kind == "EOF":
		d.Found = "the end of the expression"
		switch open, _ := unclosed(c.runes); {
		case before == "":
			d.Expected = "a value"
		case open != 0 && !endsInOperator(before):
			d.Expected = fmt.Sprintf("the `%c` that closes `%c`", closer(open), open)
		default:
			d.Expected = "a value behind `" + lastWord(before) + "`"
		}
	case value == "=":
		d.Found, d.Expected, d.Fix = "`=`", "an operator", "write `==` to compare"
	case value == "$" || strings.HasSuffix(before, "$") && value == "{":
		d.Found, d.Fix = "`${`", "write `vars.NAME`: expressions are not interpolated"
	case value == "#":
		d.Found, d.Expected = "`#` outside of a predicate", "a place inside any(), filter(), map() and the like"
	case kind == "Operator" && value == "&", kind == "Operator" && value == "|":
		d.Found, d.Expected, d.Fix = "`"+value+"`", "an operator", "write `"+value+value+"`"
	case kind == "Operator" && value == ":":
		d.Found, d.Expected = "`:`", "a `?` before it, as in `condition ? a : b`"
	case kind == "Operator" && endsInOperator(before):
		d.Found, d.Expected = "`"+value+"` behind `"+lastWord(before)+"`", "a value between the two"
	case kind == "Bracket" && strings.Contains(")]}", value):
		d.Found, d.Expected = "`"+value+"`", "a value, or the bracket that it closes"
	case kind == "Identifier" || kind == "Number" || kind == "String":
		if value == "" {
			value = `""`
		}
		d.Found, d.Expected = "`"+shorten(value)+"`", "an operator before it"
		if open, _ := unclosed([]rune(before)); open == '{' {
			d.Expected = "`:` behind a key, `,` between members, or an operator"
		}
		switch strings.ToLower(value) {
		case "is":
			d.Fix = "write `==`"
		case "like":
			d.Fix = "write `contains`, `startsWith` or `matches`"
		}
	default:
		d.Found, d.Expected = "`"+value+"`", "an operator, a name or a value"
	}
}

func (c *checker) character(e *file.Error) string {
	if e.From < 0 || e.From >= len(c.runes) {
		return ""
	}
	return string(c.runes[e.From])
}

func lastWord(before string) string {
	words := strings.Fields(before)
	if len(words) == 0 {
		return "the start"
	}
	return shorten(words[len(words)-1])
}

func endsInOperator(before string) bool {
	for _, op := range []string{"==", "!=", "<", ">", "=", "&&", "||", "+", "-", "*", "/", "%", "^", "??", "?", "!", ".", ",", ":", "(", "[", "{", "|"} {
		if strings.HasSuffix(before, op) {
			return true
		}
	}
	switch lastWord(before) {
	case "and", "or", "not", "in", "matches", "contains", "startsWith", "endsWith", "let", "if", "else":
		return true
	}
	return false
}

// unclosed is the innermost bracket that is open at the end, outside of texts, 0 when none is; and where a text begins
// that does not end, -1 when all do.
func unclosed(runes []rune) (bracket rune, text int) {
	var open []rune
	var quote rune
	text = -1
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		switch {
		case quote != 0:
			if r == '\\' && quote != '`' {
				i++
			} else if r == quote {
				quote, text = 0, -1
			}
		case r == '"' || r == '\'' || r == '`':
			quote, text = r, i
		case r == '(' || r == '[' || r == '{':
			open = append(open, r)
		case (r == ')' || r == ']' || r == '}') && len(open) > 0:
			open = open[:len(open)-1]
		}
	}
	if len(open) == 0 {
		return 0, text
	}
	return open[len(open)-1], text
}

// numberBefore is the number that ends at or before a place: the parser points behind it.
func (c *checker) numberBefore(from, to int) (int, int) {
	digit := func(r rune) bool { return r >= '0' && r <= '9' }
	end := min(to, len(c.runes))
	for end > 0 && !digit(c.runes[end-1]) {
		end--
	}
	start := end
	for start > 0 && (digit(c.runes[start-1]) || strings.ContainsRune("_.xXabcdefABCDEF", c.runes[start-1])) {
		start--
	}
	if start == end {
		return from, to
	}
	return start, end
}

func closer(r rune) rune {
	switch r {
	case '(':
		return ')'
	case '[':
		return ']'
	default:
		return '}'
	}
}
