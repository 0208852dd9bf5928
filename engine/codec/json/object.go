package json

import "github.com/iggy-flow/iggy-flow/engine/codec"

// An object keeps at hand so many names that the schema lacks, of so many bytes; others are new in every record.
const (
	maxLearnt     = 256
	maxLearntName = 128
)

// strangerKey is a name that an object, known by its generation, had and that is not at hand.
type strangerKey struct {
	generation uint64
	name       string
}

// object reads the members of the object at p into row i of o's columns and returns where it ends, or nil.
func (d *decoder) object(o *object, i int, p pointer) pointer {
	d.generation++
	generation := d.generation
	missing := o.known
	if o.depth > d.options.MaxDepth {
		return d.tooDeep(p)
	}
	p = at(p, 1)
	if byteAt(p, 0) <= ' ' {
		p = d.space(p)
	}
	if byteAt(p, 0) == '}' {
		return d.complete(o, i, at(p, 1), missing, generation)
	}
	var before *column
	x := o.first
	for {
		if x.key.begins(p) && x.key.ends(p) {
			p = at(p, x.key.size)
		} else if y := x.next; y.key.begins(p) && y.key.ends(p) {
			x, p = y, at(p, y.key.size)
		} else if x, p = d.lookup(o, before, p, generation); p == nil {
			return nil
		}
		if x.seen == generation {
			return d.twice(x.name, p)
		}
		x.seen = generation
		missing -= x.weight
		if byteAt(p, 0) <= ' ' {
			p = d.space(p)
		}
		if x.read == readText && byteAt(p, 0) == '"' {
			if p = d.text(&x.text, p); p == nil {
				return nil
			}
			x.end(i, len(x.text.data))
		} else if p = d.value(x, i, p); p == nil {
			return nil
		}
		before, x = x, x.next
		if byteAt(p, 0) <= ' ' {
			p = d.space(p)
		}
		if byteAt(p, 0) != ',' {
			break
		}
		p = at(p, 1)
		if byteAt(p, 0) <= ' ' {
			p = d.space(p)
		}
	}
	if byteAt(p, 0) != '}' {
		return d.syntax(p, "a comma or } behind a member")
	}
	return d.complete(o, i, at(p, 1), missing, generation)
}

// complete makes the members null that the object lacked and returns end, or nil when one of them is required.
func (d *decoder) complete(o *object, i int, end pointer, missing int, generation uint64) pointer {
	if missing == 0 {
		return end
	}
	for _, c := range o.columns {
		if c.seen == generation {
			continue
		}
		if c.required {
			return d.fail(codeNull, c, nil, "")
		}
		c.null(i)
	}
	return end
}

// lookup reads the key at p, which was not the expected one, and returns its column and where its value begins (behind
// the colon). A name that the schema lacks has a column too: one that is learnt, or o.other.
func (d *decoder) lookup(o *object, before *column, p pointer, generation uint64) (*column, pointer) {
	slot := o.slot(p)
	if x := *slot; x != nil && x.key.begins(p) && x.key.ends(p) {
		o.learn(before, x)
		return x, at(p, x.key.size)
	}
	if byteAt(p, 0) != '"' {
		return nil, d.syntax(p, "a key in quotes")
	}
	name, n, q := d.name(p)
	if q == nil {
		return nil, nil
	}
	if byteAt(q, 0) <= ' ' {
		q = d.space(q)
	}
	if byteAt(q, 0) != ':' {
		return nil, d.syntax(q, "a colon behind the key")
	}
	x := o.names.find(name, n)
	if x == nil {
		if x = d.stranger(o, name, n, p, generation); x == nil {
			return nil, nil
		}
	}
	if x != o.other {
		o.learn(before, x)
		*slot = x
	}
	return x, at(q, 1)
}

// learn expects x behind before from here on.
func (o *object) learn(before, x *column) {
	if before != nil {
		before.next = x
	} else {
		o.first = x
	}
}

// name finds the key that begins with the quote at p: where its text stands, how long it is, and what follows it.
func (d *decoder) name(p pointer) (pointer, int, pointer) {
	start := at(p, 1)
	n := 0
	var high uint64
	for {
		w := word(at(start, n))
		marks := special(w)
		if marks == 0 {
			high |= w
			n += 8
			continue
		}
		n += first(marks)
		if byteAt(start, n) == '"' && (high|below(w, marks))&tops == 0 {
			return start, n, at(start, n+1)
		}
		break
	}
	// Escapes, non-ASCII names and errors. A scratch area has padding, as the data has.
	d.scratch.data = d.scratch.data[:0]
	end := d.text(&d.scratch, p)
	if end == nil {
		return nil, 0, nil
	}
	return d.scratch.start(), len(d.scratch.data), end
}

// stranger returns the column that stands for a name that the schema lacks.
func (d *decoder) stranger(o *object, name pointer, n int, p pointer, generation uint64) *column {
	if d.options.Unknown == codec.RejectUnknown {
		d.fail(codeUnknown, o.owner, p, "")
		return nil
	}
	text := string(span(name, n))
	if o.learnt < maxLearnt && n <= maxLearntName {
		c := &column{key: newKey(text), name: text, parent: o.owner, depth: o.depth + 1}
		c.next = c
		o.learnt++
		o.names.add(c, o.known+o.learnt)
		return c
	}
	k := strangerKey{generation, text}
	if _, twice := d.strangers[k]; twice {
		d.twice(text, p)
		return nil
	}
	d.strangers[k] = struct{}{}
	o.other.seen, o.other.name = 0, text
	return o.other
}
