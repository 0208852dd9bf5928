package json

import (
	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Infer reads the type of the records at the front of sample, which begins a split and has codec.Padding bytes behind
// it. Frames that are no records are passed over, and so is a frame that is cut by the sample's end unless last is set.
// An array that is broken ends the sample.
func Infer(sample []byte, last bool, limits codec.SampleLimits) (*schemas.Schema, error) {
	if limits.Bytes == 0 {
		limits.Bytes = 8 << 20
	}
	if limits.Rows == 0 {
		limits.Rows = 50_000
	}
	if len(sample) > limits.Bytes {
		sample, last = sample[:limits.Bytes], false
	}
	made, err := newDecoder(codec.DecodeOptions{Schema: schemas.New(), MaxRows: limits.Rows, MaxBytes: maxBatchBytes})
	if err != nil {
		return nil, err
	}
	var found schemas.Inferrer
	d := made.(*decoder)
	d.sample, d.unique = found.Records(), true
	for len(sample) > 0 && !d.full {
		n, err := d.Decode(sample, last)
		if n == 0 || err != nil {
			break // what follows cannot be split into frames: the decoder that reads it for good reports that
		}
		sample = sample[n:]
		d.failed, d.failBytes = nil, 0
	}
	return found.Schema()
}

// observeRecord notes the members of the record at p, once it is known to be valid, and returns what follows it.
func (d *decoder) observeRecord(p pointer) pointer {
	end := d.skip(p, 1)
	if end != nil {
		d.observe(d.sample, p)
	}
	return end
}

// observe notes the valid value at p and returns what follows it.
func (d *decoder) observe(s *schemas.Shape, p pointer) pointer {
	switch byteAt(p, 0) {
	case '"':
		s.Text()
		return d.skipText(p)
	case '{':
		return d.observeObject(s, p)
	case '[':
		elements := s.Array()
		for p = d.space(at(p, 1)); byteAt(p, 0) != ']'; {
			if p = d.space(d.observe(elements, p)); byteAt(p, 0) == ',' {
				p = d.space(at(p, 1))
			}
		}
		return at(p, 1)
	case 't', 'f':
		s.Bool()
		return d.literal(p)
	case 'n':
		return at(p, 4)
	default:
		n, _ := parseNumber(p)
		if size := distance(n.digits, n.end); size > n.whole {
			s.Fraction()
		} else {
			s.Whole(span(p, distance(p, n.end)))
		}
		return n.end
	}
}

func (d *decoder) observeObject(s *schemas.Shape, p pointer) pointer {
	s.Object()
	for p = d.space(at(p, 1)); byteAt(p, 0) != '}'; {
		name, n, end := d.name(p)
		member := s.Member(span(name, n))
		p = d.space(at(d.space(end), 1))
		if p = d.space(d.observe(member, p)); byteAt(p, 0) == ',' {
			p = d.space(at(p, 1))
		}
	}
	return at(p, 1)
}
