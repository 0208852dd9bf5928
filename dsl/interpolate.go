package dsl

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// maxSecretFile is the largest file that ${file:...} reads.
const maxSecretFile = 64 << 10

// filled is a scalar's text with its ${...} replaced.
type filled struct {
	text  string
	refs  []string // the references as written: what a finding shows instead of the text, which may be a secret
	plain bool     // the document's text shows nothing but references without defaults
}

// shown is how a finding names the text.
func (v filled) shown() string {
	if len(v.refs) > 0 {
		return "the value of " + strings.Join(v.refs, " and ")
	}
	return strconv.Quote(clip(v.text))
}

// of is how a finding names the text of n: a number without quotes.
func (v filled) of(n *Node) string {
	if len(v.refs) == 0 && n.Value != StringValue {
		return clip(v.text)
	}
	return v.shown()
}

// clip cuts a text that is too long for a message.
func clip(text string) string {
	const limit = 60
	if r := []rune(text); len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return text
}

// interpolate replaces the references of a scalar. A text that holds a secret is named in no finding.
func (s *Scope) interpolate(n *Node) (filled, source.Diagnostics) {
	out := filled{plain: true}
	if !strings.Contains(n.Text, "${") {
		return filled{text: n.Text}, nil
	}
	var b strings.Builder
	var ds source.Diagnostics
	for at := 0; at < len(n.Text); {
		i := strings.Index(n.Text[at:], "${")
		if i < 0 {
			b.WriteString(n.Text[at:])
			out.plain = false
			break
		}
		i += at
		out.plain = out.plain && i == at
		if i > at && n.Text[i-1] == '$' {
			b.WriteString(n.Text[at:i-1] + "${")
			at = i + 2
			continue
		}
		b.WriteString(n.Text[at:i])
		end := strings.IndexByte(n.Text[i:], '}')
		if end < 0 {
			return out, append(ds, source.Diagnostic{
				Code: "interpolation", Range: n.part(i, i+2), Found: "`${` without its `}`",
				Expected: "`${NAME}`, `${NAME:default}` or `${vars.name}`", Fix: "write `$${` for the characters themselves",
			})
		}
		at = i + end + 1
		r := reference{text: n.Text[i+2 : at-1], at: n.part(i, at), scope: s}
		value, d := r.value()
		if d != nil {
			ds = append(ds, *d)
		}
		out.plain = out.plain && !r.hasDefault()
		out.refs = append(out.refs, "`${"+r.shown()+"}`")
		b.WriteString(value)
	}
	out.text = b.String()
	return out, ds
}

// reference is what stands between ${ and }.
type reference struct {
	text  string
	at    source.Range
	scope *Scope
}

func (r reference) hasDefault() bool {
	rest := strings.TrimPrefix(r.text, "env:")
	return strings.Contains(rest, ":") && !strings.HasPrefix(r.text, "file:")
}

// shown is the reference without its default, which may be a secret.
func (r reference) shown() string {
	if rest, ok := strings.CutPrefix(r.text, "env:"); ok {
		name, _, _ := strings.Cut(rest, ":")
		return name
	}
	if strings.HasPrefix(r.text, "file:") {
		return r.text
	}
	name, _, _ := strings.Cut(r.text, ":")
	return name
}

func (r reference) value() (string, *source.Diagnostic) {
	kind, rest, _ := strings.Cut(r.text, ":")
	switch {
	case kind == "secret":
		return "", r.wrong("`${secret:...}` is reserved for secret stores", "`${NAME}` or `${file:/path}`", "write `${file:/path}` to read a secret from a file")
	case kind == "file":
		return r.file(rest)
	case strings.HasPrefix(r.text, "vars."):
		return r.variable(strings.TrimPrefix(r.text, "vars."))
	case kind == "env":
		return r.environment(rest)
	default:
		return r.environment(r.text)
	}
}

func (r reference) wrong(found, expected, fix string) *source.Diagnostic {
	return &source.Diagnostic{Code: "interpolation", Range: r.at, Found: found, Expected: expected, Fix: fix}
}

func (r reference) environment(text string) (string, *source.Diagnostic) {
	name, fallback, has := strings.Cut(text, ":")
	if !variableName.MatchString(name) {
		return "", r.wrong("`"+clip(name)+"` is no name of a variable", "letters, digits and `_`, as in `${NAME}` or `${NAME:default}`", "write `$${` for the characters `${` themselves")
	}
	if r.scope != nil && r.scope.LookupEnv != nil {
		if v, ok := r.scope.LookupEnv(name); ok {
			return v, nil
		}
	}
	if has {
		return fallback, nil
	}
	d := r.wrong("the environment variable "+name+" is not set", "", "set "+name+", or write a default: `${"+name+":...}`")
	d.Code = "missing-variable"
	return "", d
}

func (r reference) file(path string) (string, *source.Diagnostic) {
	if path == "" {
		return "", r.wrong("`${file:}` without a path", "`${file:/path}`", "")
	}
	if !filepath.IsAbs(path) && r.scope != nil {
		path = filepath.Join(r.scope.Dir, path)
	}
	data, err := r.scope.read(path)
	if err != nil {
		d := r.wrong("cannot read "+path+": "+reason(err), "a file with the value", "")
		d.Code = "missing-file"
		return "", d
	}
	if len(data) > maxSecretFile {
		return "", r.wrong(fmt.Sprintf("%s has %d bytes", path, len(data)), "64 KiB at most", "")
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"), nil
}

func (r reference) variable(name string) (string, *source.Diagnostic) {
	if r.scope == nil || r.scope.noVars {
		return "", r.wrong("`${vars."+clip(name)+"}` within the vars themselves", "a value, `${NAME}` or `${NAME:default}`", "")
	}
	var names []string
	for _, v := range r.scope.Vars {
		names = append(names, v.Name)
		if v.Name != name {
			continue
		}
		text, ok := v.text()
		if !ok {
			return "", r.wrong("vars."+name+" has no value", "a var with a value", "give it a default, or set it with `--set "+name+"=...`")
		}
		return text, nil
	}
	d := r.wrong("unknown var `"+clip(name)+"`", "one of: "+list(names), "")
	d.Code = "unknown-var"
	if len(names) == 0 {
		d.Expected = "a var that the document declares under `vars`"
	}
	if near := source.Suggest(name, names); near != "" {
		d.Fix = "write `${vars." + near + "}`"
	}
	return "", d
}

// read reads a file that a document names.
func (s *Scope) read(path string) ([]byte, error) {
	if s != nil && s.ReadFile != nil {
		return s.ReadFile(path)
	}
	return os.ReadFile(path)
}

// reason is why a file cannot be read, without its path.
func reason(err error) string {
	switch {
	case os.IsNotExist(err):
		return "it does not exist"
	case os.IsPermission(err):
		return "permission denied"
	}
	if e, ok := err.(*os.PathError); ok {
		return e.Err.Error()
	}
	return err.Error()
}

// list writes names for a message.
func list(names []string) string { return strings.Join(names, ", ") }
