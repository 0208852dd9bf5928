package json

// skip validates the value at p, which stands at the given depth should it be an object or array, and returns what
// follows it, or nil. Keys that occur twice inside it are looked for only with d.unique.
func (d *decoder) skip(p pointer, depth int) pointer {
	switch byteAt(p, 0) {
	case '"':
		return d.skipText(p)
	case '{':
		return d.skipObject(p, depth)
	case '[':
		return d.skipArray(p, depth)
	case 't', 'f', 'n':
		return d.literal(p)
	default:
		return d.skipNumber(p)
	}
}

// literal returns what follows the true, false or null at p, or nil.
func (d *decoder) literal(p pointer) pointer {
	switch half(p) {
	case literalTrue, literalNull:
		return at(p, 4)
	case literalFals:
		if byteAt(p, 4) == 'e' {
			return at(p, 5)
		}
	}
	return d.syntax(p, "a value")
}

// The words of the literals, first byte lowest.
const (
	literalTrue = 't' | 'r'<<8 | 'u'<<16 | 'e'<<24
	literalNull = 'n' | 'u'<<8 | 'l'<<16 | 'l'<<24
	literalFals = 'f' | 'a'<<8 | 'l'<<16 | 's'<<24
)

func (d *decoder) skipObject(p pointer, depth int) pointer {
	if depth > d.options.MaxDepth {
		return d.tooDeep(p)
	}
	if p = d.behind(p); byteAt(p, 0) == '}' {
		return at(p, 1)
	}
	d.generation++
	generation := d.generation
	for {
		if byteAt(p, 0) != '"' {
			return d.syntax(p, "a key in quotes")
		}
		if p = d.skipKey(p, generation); p == nil {
			return nil
		}
		if byteAt(p, 0) != ':' {
			if p = d.space(p); byteAt(p, 0) != ':' {
				return d.syntax(p, "a colon behind the key")
			}
		}
		if p = d.skip(d.behind(p), depth+1); p == nil {
			return nil
		}
		if byteAt(p, 0) <= ' ' {
			p = d.space(p)
		}
		switch byteAt(p, 0) {
		case ',':
			p = d.behind(p)
		case '}':
			return at(p, 1)
		default:
			return d.syntax(p, "a comma or } behind a member")
		}
	}
}

// behind is the first byte behind the one at p that is no white space.
func (d *decoder) behind(p pointer) pointer {
	if byteAt(p, 1) <= ' ' {
		return d.space(at(p, 1))
	}
	return at(p, 1)
}

// skipKey returns what follows the key at p, or nil. With unique set, a key that its object had before is a failure.
func (d *decoder) skipKey(p pointer, generation uint64) pointer {
	if !d.unique {
		return d.skipText(p)
	}
	name, n, end := d.name(p)
	if end == nil {
		return nil
	}
	k := strangerKey{generation, string(span(name, n))}
	if _, twice := d.strangers[k]; twice {
		return d.twice(k.name, p)
	}
	d.strangers[k] = struct{}{}
	return end
}

func (d *decoder) skipArray(p pointer, depth int) pointer {
	if depth > d.options.MaxDepth {
		return d.tooDeep(p)
	}
	if p = d.behind(p); byteAt(p, 0) == ']' {
		return at(p, 1)
	}
	for {
		if p = d.skip(p, depth+1); p == nil {
			return nil
		}
		if byteAt(p, 0) <= ' ' {
			p = d.space(p)
		}
		switch byteAt(p, 0) {
		case ',':
			p = d.behind(p)
		case ']':
			return at(p, 1)
		default:
			return d.syntax(p, "a comma or ] behind an element")
		}
	}
}

// space returns the first byte from p on that is no white space. A line end is white space only inside an array's
// element: elsewhere it ends the frame.
//
//go:noinline
func (d *decoder) space(p pointer) pointer {
	for {
		switch c := byteAt(p, 0); {
		case c == ' ', c == '\t', c == '\r', c == '\n' && d.newlines:
			p = at(p, 1)
		default:
			return p
		}
	}
}

// unknown deals with the value of a name that the schema lacks and that may become a column. Unknown members of structs
// are passed over: a struct does not grow.
func (d *decoder) unknown(x *column, i int, p pointer) pointer {
	if x.parent == nil {
		return d.keep(x, i, p)
	}
	d.unknowns++
	return d.skip(p, x.depth)
}
