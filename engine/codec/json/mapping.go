package json

// fewKeys is up to how many keys of a map are compared one with another before they are put in a set.
const fewKeys = 16

// mapping reads the object at p as a map: every member is an entry. A key that occurs twice is a failure.
func (d *decoder) mapping(c *column, i int, p pointer) pointer {
	if byteAt(p, 0) != '{' {
		return d.mismatch(c, p)
	}
	if c.depth > d.options.MaxDepth {
		return d.tooDeep(p)
	}
	first := c.count
	d.mark(c)
	p = d.space(at(p, 1))
	if byteAt(p, 0) == '}' {
		c.end(i, c.count)
		return at(p, 1)
	}
	for {
		if p = d.entry(c, first, p); p == nil {
			return nil
		}
		p = d.space(p)
		if byteAt(p, 0) != ',' {
			break
		}
		p = d.space(at(p, 1))
	}
	if byteAt(p, 0) != '}' {
		return d.syntax(p, "a comma or } behind a member")
	}
	if d.tooMany(c, p) {
		return nil
	}
	c.end(i, c.count)
	return at(p, 1)
}

// entry reads one member of the map whose entries begin at first.
func (d *decoder) entry(c *column, first int, p pointer) pointer {
	key, e := c.mapKey, c.element
	if c.count == e.capacity {
		if d.tooMany(c, p) {
			return nil
		}
		d.widen(e)
	}
	if c.count == key.capacity {
		d.widen(key)
	}
	if byteAt(p, 0) != '"' {
		return d.syntax(p, "a key in quotes")
	}
	start := p
	if p = d.text(&key.text, p); p == nil {
		return nil
	}
	key.end(c.count, len(key.text.data))
	if d.hasKey(c, first) {
		return d.twice(string(key.text.data[key.offset(c.count):]), start)
	}
	if p = d.space(p); byteAt(p, 0) != ':' {
		return d.syntax(p, "a colon behind the key")
	}
	if p = d.value(e, c.count, d.space(at(p, 1))); p != nil {
		c.count++
	}
	return p
}

// hasKey reports whether the last key of c is among those from first on.
func (d *decoder) hasKey(c *column, first int) bool {
	key := c.mapKey
	last := key.text.data[key.offset(c.count):]
	if c.count-first < fewKeys {
		for k := first; k < c.count; k++ {
			if string(key.text.data[key.offset(k):key.offset(k+1)]) == string(last) {
				return true
			}
		}
		return false
	}
	if c.count-first == fewKeys || c.keys == nil {
		c.keys = make(map[string]struct{}, 4*fewKeys)
		for k := first; k < c.count; k++ {
			c.keys[string(key.text.data[key.offset(k):key.offset(k+1)])] = struct{}{}
		}
	}
	_, twice := c.keys[string(last)]
	c.keys[string(last)] = struct{}{}
	return twice
}
