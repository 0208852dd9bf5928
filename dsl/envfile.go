package dsl

import (
	"strings"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// ParseEnvFile reads lines of NAME=VALUE: what --env-file names. A line may begin with `export`; a # begins a comment at a
// line's start or behind a blank. Single quotes hold their text as it is; in double quotes \n, \t, \", \\ and \$ are
// escapes. Nothing is expanded. Values are hidden: no finding shows one.
func ParseEnvFile(f *source.File) (map[string]string, source.Diagnostics) {
	if ds := checkLimits(f); ds != nil {
		return nil, ds
	}
	values, places := map[string]string{}, map[string]source.Range{}
	var ds source.Diagnostics
	for offset := 0; offset < len(f.Data); {
		end := lineEnd(f.Data, offset)
		start := offset
		offset = end + 1
		line := string(f.Data[start:end])
		trimmed := strings.TrimLeft(line, " \t")
		if trimmed == "" || trimmed[0] == '#' {
			continue
		}
		trimmed = strings.TrimLeft(strings.TrimPrefix(trimmed, "export "), " \t")
		at0 := end - len(trimmed)
		name, value, ok := strings.Cut(trimmed, "=")
		r := at(f, at0, at0+len(name))
		if ok {
			f.Hide(at(f, r.End+1, end))
		} else {
			f.Hide(at(f, start, end))
		}
		name = strings.TrimRight(name, " \t")
		if !ok || !variableName.MatchString(name) {
			ds = append(ds, source.Diagnostic{Code: "env-file", Range: oneLine(at(f, at0, at0+1)), Found: "a line that is no NAME=VALUE", Expected: "NAME=VALUE: letters, digits and `_` before the `=`"})
			continue
		}
		r.End = r.Start + len(name)
		if first, twice := places[name]; twice {
			ds = append(ds, duplicate(name, r, first))
			continue
		}
		text, ok := envValue(strings.TrimSpace(value))
		if !ok {
			ds = append(ds, source.Diagnostic{Code: "env-file", Range: r, Found: "the quotes of " + name + " are not closed, or something stands behind them", Expected: "the closing quote at the end of the line"})
			continue
		}
		values[name], places[name] = text, r
	}
	if ds.HasErrors() {
		return nil, ds
	}
	return values, ds
}

// envValue unquotes a value and drops a comment behind it.
func envValue(text string) (string, bool) {
	if text == "" || text[0] != '"' && text[0] != '\'' {
		for i := range len(text) {
			if text[i] == '#' && (i == 0 || blank(text[i-1])) {
				return strings.TrimRight(text[:i], " \t"), true
			}
		}
		return text, true
	}
	quote := text[0]
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == quote:
			rest := strings.TrimLeft(text[i+1:], " \t")
			return b.String(), rest == "" || rest[0] == '#' && len(rest) < len(text[i+1:])
		case c == '\\' && quote == '"' && i+1 < len(text):
			i++
			if j := strings.IndexByte(`nt"\$`, text[i]); j >= 0 {
				b.WriteByte("\n\t\"\\$"[j])
			} else {
				b.WriteString(text[i-1 : i+1])
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}
