package letters

import (
	"cmp"
	"regexp"
	"slices"
	"time"
)

// Group is the letters that have one reason.
type Group struct {
	Component string    `json:"component"`
	Class     string    `json:"class"`
	Code      string    `json:"code"`
	Pattern   string    `json:"pattern"` // of the messages: what differs between them stands as N or "…"
	Count     int       `json:"count"`
	First     time.Time `json:"first"`
	Last      time.Time `json:"last"`
	Example   *Letter   `json:"example"` // the first
}

// Groups gathers letters by their reasons.
type Groups struct {
	groups map[groupKey]*Group
	count  int
}

type groupKey struct{ component, code, pattern string }

// Add takes a letter.
func (g *Groups) Add(l *Letter) {
	if g.groups == nil {
		g.groups = map[groupKey]*Group{}
	}
	g.count++
	key := groupKey{l.Component, l.Code, Pattern(l.Error)}
	group, ok := g.groups[key]
	if !ok {
		group = &Group{Component: l.Component, Class: l.Class, Code: l.Code, Pattern: key.pattern, First: l.Time, Last: l.Time, Example: l}
		g.groups[key] = group
	}
	group.Count++
	if l.Time.Before(group.First) {
		group.First = l.Time
	}
	if l.Time.After(group.Last) {
		group.Last = l.Time
	}
}

// Count is the number of letters.
func (g *Groups) Count() int { return g.count }

// Sorted returns the groups, the largest first.
func (g *Groups) Sorted() []*Group {
	out := make([]*Group, 0, len(g.groups))
	for _, group := range g.groups {
		out = append(out, group)
	}
	slices.SortFunc(out, func(a, b *Group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Component, b.Component), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Pattern, b.Pattern))
	})
	return out
}

// Pattern is a message without what differs between records: texts in quotes and numbers.
func Pattern(message string) string {
	message = quoted.ReplaceAllString(message, `"…"`)
	return number.ReplaceAllString(message, "${1}N")
}

var (
	quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	number = regexp.MustCompile(`(^|[^\pL\pN_…])[+-]?\d+(?:[.,:]\d+)*(?:[eE][+-]?\d+)?`)
)
