package json

import "github.com/iggy-flow/iggy-flow/engine/codec"

// value reads the value at p as value i of c and returns what follows it, or nil.
func (d *decoder) value(c *column, i int, p pointer) pointer {
	if byteAt(p, 0) == 'n' && c.read != skipValue {
		return d.nullValue(c, i, p)
	}
	switch c.read {
	case readText:
		if byteAt(p, 0) != '"' {
			return d.mismatch(c, p)
		}
		if p = d.text(&c.text, p); p == nil {
			return nil
		}
		c.end(i, len(c.text.data))
		return p
	case readInt64:
		v, end := whole(p)
		if end == nil {
			return d.integer(c, i, p)
		}
		*(*int64)(at(c.values, 8*i)) = v
		return end
	case readInteger:
		v, end := whole(p)
		if end == nil || v < c.low || v > 0 && uint64(v) > c.high {
			return d.integer(c, i, p)
		}
		c.store(i, uint64(v))
		return end
	case readDouble:
		v, end := fraction(p)
		if end == nil {
			if v, end = d.double(c, p, 64); end == nil {
				return nil
			}
		}
		*(*float64)(at(c.values, 8*i)) = v
		return end
	case readTimestamp:
		return d.timestamp(c, i, p)
	case readBool:
		return d.boolean(c, i, p)
	case readStruct:
		if byteAt(p, 0) != '{' {
			return d.mismatch(c, p)
		}
		return d.object(c.members, i, p)
	case readList:
		return d.list(c, i, p)
	case skipValue:
		if d.options.Unknown == codec.IgnoreUnknown {
			d.unknowns++
			if byteAt(p, 0) == '"' {
				return d.skipText(p)
			}
			return d.skip(p, c.depth)
		}
		return d.unknown(c, i, p)
	default:
		return d.rareValue(c, i, p)
	}
}

// rareValue is value for the kinds that are seldom or slow in themselves.
func (d *decoder) rareValue(c *column, i int, p pointer) pointer {
	switch c.read {
	case readFloat:
		v, end := d.double(c, p, 32)
		if end != nil {
			*(*float32)(at(c.values, 4*i)) = float32(v)
		}
		return end
	case readDecimal:
		return d.decimal(c, i, p)
	case readInstant:
		return d.instant(c, i, p)
	case readDate:
		return d.date(c, i, p)
	case readTime:
		return d.timeOfDay(c, i, p)
	case readUUID:
		return d.uuid(c, i, p)
	case readBinary:
		return d.binary(c, i, p)
	case readFixed:
		return d.fixed(c, i, p)
	case readJSON:
		return d.raw(c, i, p)
	default:
		return d.mapping(c, i, p)
	}
}

// store writes the low bytes of v, as many as c's values have.
func (c *column) store(i int, v uint64) {
	switch c.width {
	case 1:
		*(*uint8)(at(c.values, i)) = uint8(v)
	case 2:
		*(*uint16)(at(c.values, 2*i)) = uint16(v)
	case 4:
		*(*uint32)(at(c.values, 4*i)) = uint32(v)
	default:
		*(*uint64)(at(c.values, 8*i)) = v
	}
}

// nullValue reads the null that should stand at p.
func (d *decoder) nullValue(c *column, i int, p pointer) pointer {
	if half(p) != literalNull {
		return d.syntax(p, "a value")
	}
	if c.required {
		return d.fail(codeNull, c, p, "")
	}
	c.null(i)
	return at(p, 4)
}

func (d *decoder) boolean(c *column, i int, p pointer) pointer {
	b := (*byte)(at(c.values, i>>3))
	switch w := half(p); {
	case w == literalTrue:
		*b |= 1 << (i & 7)
		return at(p, 4)
	case w == literalFals && byteAt(p, 4) == 'e':
		*b &^= 1 << (i & 7)
		return at(p, 5)
	}
	return d.mismatch(c, p)
}

// raw keeps the text of any value, as it is written.
func (d *decoder) raw(c *column, i int, p pointer) pointer {
	end := d.skip(p, c.depth)
	if end == nil {
		return nil
	}
	c.text.append(span(p, distance(p, end)))
	c.end(i, len(c.text.data))
	return end
}

// list reads the array at p.
func (d *decoder) list(c *column, i int, p pointer) pointer {
	if byteAt(p, 0) != '[' {
		return d.mismatch(c, p)
	}
	if c.depth > d.options.MaxDepth {
		return d.tooDeep(p)
	}
	p = at(p, 1)
	if byteAt(p, 0) <= ' ' {
		p = d.space(p)
	}
	if byteAt(p, 0) == ']' {
		c.end(i, c.count)
		return at(p, 1)
	}
	e := c.element
	d.mark(c)
	for {
		if c.count == e.capacity {
			if d.tooMany(c, p) {
				return nil
			}
			d.widen(e)
		}
		if p = d.value(e, c.count, p); p == nil {
			return nil
		}
		c.count++
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
	if byteAt(p, 0) != ']' {
		return d.syntax(p, "a comma or ] behind an element")
	}
	if d.tooMany(c, p) {
		return nil
	}
	c.end(i, c.count)
	return at(p, 1)
}
