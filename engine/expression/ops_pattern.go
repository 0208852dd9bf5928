package expression

import (
	"regexp"
	"strings"
)

// Regular expressions: a constant one is the node's value; others are compiled once for each text in a batch.
var (
	opMatches = &operation{
		name: "matches",
		text: true,
		row: func(_ *rowRun, n *node, args []any) (any, error) {
			return n.value.(pattern).MatchString(args[0].(string)), nil
		},
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			re := n.value.(pattern).Regexp
			a := ev.eval(n.args[0], rows)
			v := ev.vector(inBools, ev.n)
			v.ok = a.ok
			each(rows, ev.n, func(i int32) { v.bools[i] = bit(v.has(i) && re.MatchString(a.str(i))) })
			ev.done(a)
			return v
		},
	}
	opMatchesDynamic = &operation{
		name:    "matches text",
		text:    true,
		mayFail: true,
		row: func(r *rowRun, _ *node, args []any) (any, error) {
			re, err := r.patterns.get(args[1].(string))
			return err == nil && re.MatchString(args[0].(string)), err
		},
		run: func(ev *Evaluator, n *node, rows []int32) *vec {
			a, b := ev.eval(n.args[0], rows), ev.eval(n.args[1], rows)
			v := ev.vector(inBools, ev.n)
			v.ok = ev.both(a.ok, b.ok, ev.n)
			each(rows, ev.n, func(i int32) {
				if !v.has(i) {
					return
				}
				re, err := ev.patterns.get(b.str(i))
				if err != nil {
					ev.reject(n, v, i, codeOf(err), err.Error())
					return
				}
				v.bools[i] = bit(re.MatchString(a.str(i)))
			})
			ev.done(a)
			ev.done(b)
			return v
		},
	}
)

// patternCache keeps the patterns that records brought.
type patternCache map[string]*regexp.Regexp

const maxPatterns = 64

func (c *patternCache) get(text string) (*regexp.Regexp, error) {
	if re, ok := (*c)[text]; ok {
		return re, nil
	}
	re, d := compilePattern(text)
	if re == nil {
		return nil, rowFault{"invalid-pattern", d.Found}
	}
	if *c == nil || len(*c) >= maxPatterns {
		*c = make(patternCache)
	}
	(*c)[strings.Clone(text)] = re
	return re, nil
}
