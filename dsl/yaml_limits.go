package dsl

import (
	"github.com/goccy/go-yaml/token"

	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// yamlNodes reports the place of the first value beyond maxNodes, aliases not yet expanded: the parser's time is quadratic
// in them.
func yamlNodes(f *source.File, tokens token.Tokens) (source.Range, bool) {
	if len(tokens) <= maxNodes {
		return source.Range{}, false
	}
	var lists []bool // of the open brackets
	nodes := 0
	for _, t := range tokens {
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			lists = append(lists, t.Type == token.SequenceStartType)
			nodes++
		case token.SequenceEndType, token.MappingEndType:
			lists = lists[:max(len(lists)-1, 0)]
		case token.CollectEntryType:
			if len(lists) > 0 && lists[len(lists)-1] {
				nodes++
			}
		case token.SequenceEntryType, token.MappingValueType, token.MappingKeyType, token.AnchorType, token.AliasType, token.TagType:
			nodes++
		}
		if nodes > maxNodes {
			offset := f.Offset(t.Position.Line, t.Position.Column)
			return at(f, offset, offset), true
		}
	}
	return source.Range{}, false
}

// yamlDepth reports a token that lies deeper than maxDepth. The parser's recursion is as deep as this says.
func yamlDepth(l *locator, tokens token.Tokens) (source.Range, bool) {
	type level struct {
		column int
		list   bool
	}
	var blocks []level
	flow, last := 0, source.Range{}
	enter := func(r source.Range, list bool) {
		c := r.Position().Column
		for n := len(blocks); n > 0 && (blocks[n-1].column > c || !list && blocks[n-1].list && blocks[n-1].column == c); n-- {
			blocks = blocks[:n-1]
		}
		if n := len(blocks); n == 0 || blocks[n-1] != (level{c, list}) {
			blocks = append(blocks, level{c, list})
		}
	}
	for _, t := range tokens {
		r := l.place(t)
		switch t.Type {
		case token.CommentType:
			continue
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow = max(flow-1, 0)
		case token.SequenceEntryType, token.MappingKeyType:
			if flow == 0 {
				enter(r, t.Type == token.SequenceEntryType)
			}
		case token.MappingValueType:
			if flow == 0 && last.File != nil {
				enter(last, false)
			}
		}
		if flow+len(blocks) > maxDepth {
			return r, true
		}
		last = r
	}
	return source.Range{}, false
}
