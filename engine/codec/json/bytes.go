package json

import (
	"encoding/base64"
	"slices"
)

// uuid reads 8-4-4-4-12 hex digits of either case as 16 bytes.
func (d *decoder) uuid(c *column, i int, p pointer) pointer {
	if byteAt(p, 0) != '"' {
		return d.mismatch(c, p)
	}
	s, end := d.plain(p)
	if end == nil {
		return nil
	}
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return d.fail(codeType, c, p, "")
	}
	out := span(at(c.values, 16*i), 16)
	k := 0
	for j := range out {
		if k == 8 || k == 13 || k == 18 || k == 23 {
			k++
		}
		high, low := hexValue[s[k]], hexValue[s[k+1]]
		if high == 0 || low == 0 {
			return d.fail(codeType, c, p, "")
		}
		out[j] = (high-1)<<4 | (low - 1)
		k += 2
	}
	return end
}

// binary reads base64 text with its padding (RFC 4648, section 4); line breaks in it are passed over, as in MIME.
func (d *decoder) binary(c *column, i int, p pointer) pointer {
	out, end := d.base64(c, p)
	if end == nil {
		return nil
	}
	c.text.append(out)
	c.end(i, len(c.text.data))
	return end
}

// fixed reads base64 text that means exactly as many bytes as the type has.
func (d *decoder) fixed(c *column, i int, p pointer) pointer {
	out, end := d.base64(c, p)
	if end == nil {
		return nil
	}
	if len(out) != c.width {
		return d.fail(codeType, c, p, "")
	}
	copy(span(at(c.values, i*c.width), c.width), out)
	return end
}

// base64 decodes the text at p. The bytes hold until the next call.
func (d *decoder) base64(c *column, p pointer) ([]byte, pointer) {
	if byteAt(p, 0) != '"' {
		return nil, d.mismatch(c, p)
	}
	s, end := d.plain(p)
	if end == nil {
		return nil, nil
	}
	d.decoded = slices.Grow(d.decoded[:0], base64.StdEncoding.DecodedLen(len(s)))
	n, err := strict.Decode(d.decoded[:cap(d.decoded)], s)
	if err != nil {
		return nil, d.fail(codeType, c, p, "")
	}
	return d.decoded[:n], end
}

// strict refuses bits behind the last byte that are not zero, so that one value has one text.
var strict = base64.StdEncoding.Strict()
