package schemas

import (
	"bytes"
	"fmt"
)

// The bounds of inference: an object of more members is json, and records of more columns are refused.
const (
	maxMembers = 1_000
	maxColumns = 10_000
)

// Inferrer finds the schema of a sample. A codec reports what it sees to the Shape of the records, record by record; the
// columns then come in the order in which they were first seen. The zero Inferrer is empty and ready to use.
type Inferrer struct{ records Shape }

// Records is the shape of the records. Its members are the columns.
func (in *Inferrer) Records() *Shape {
	in.records.seen |= seenObject
	return &in.records
}

// Schema returns the columns found so far. A column that only held nulls, empty objects or empty arrays is left out. More
// than 10,000 different columns are an error: the keys of such records are data, which no schema can list.
func (in *Inferrer) Schema() (*Schema, error) {
	if in.records.count > maxColumns {
		return nil, fmt.Errorf("the records of the sample have more than %d different fields; declare a schema", maxColumns)
	}
	return New(in.records.fields(0)...), nil
}

// seen is the set of kinds that stood at one path.
type seen uint8

const (
	seenBool seen = 1 << iota
	seenWhole
	seenLarge // a whole number above the range of int64, within decimal(20,0)
	seenHuge  // a whole number above that
	seenFraction
	seenText
	seenObject
	seenArray

	seenNumber = seenWhole | seenLarge | seenHuge | seenFraction
)

// Shape is what was seen at one path of the records. A null is no observation: it fits every type.
type Shape struct {
	seen    seen
	count   int // different names of members
	limit   int // above it, members are not told apart any more; maxColumns for records
	names   []string
	members map[string]*Shape
	element *Shape
}

// Bool notes true or false.
func (s *Shape) Bool() { s.seen |= seenBool }

// Text notes a string. Which texts look like something else is not inference but a proposal: see Propose.
func (s *Shape) Text() { s.seen |= seenText }

// Fraction notes a number that was written with a point or an exponent.
func (s *Shape) Fraction() { s.seen |= seenFraction }

// Whole notes a whole number, given as its sign and digits.
func (s *Shape) Whole(number []byte) {
	limit := []byte("9223372036854775807")
	if rest, negative := bytes.CutPrefix(number, []byte("-")); negative {
		number, limit[len(limit)-1] = rest, '8'
	}
	number = bytes.TrimLeft(number, "0")
	switch n := len(number); {
	case n < len(limit), n == len(limit) && bytes.Compare(number, limit) <= 0:
		s.seen |= seenWhole
	case n <= 20:
		s.seen |= seenLarge
	default:
		s.seen |= seenHuge
	}
}

// Object notes an object; Member then notes what it holds.
func (s *Shape) Object() { s.seen |= seenObject }

// Member returns the shape of a member of the objects at s. Behind the bound on members it is one that nobody reads.
func (s *Shape) Member(name []byte) *Shape {
	if m, ok := s.members[string(name)]; ok {
		return m
	}
	if s.count++; s.count > s.bound() {
		s.names, s.members = nil, nil
		return &Shape{}
	}
	if s.members == nil {
		s.members = map[string]*Shape{}
	}
	m := &Shape{limit: maxMembers}
	s.names = append(s.names, string(name))
	s.members[s.names[len(s.names)-1]] = m
	return m
}

func (s *Shape) bound() int {
	if s.limit == 0 {
		return maxColumns
	}
	return s.limit
}

// Array notes an array and returns the shape that all its elements share.
func (s *Shape) Array() *Shape {
	s.seen |= seenArray
	if s.element == nil {
		s.element = &Shape{limit: maxMembers}
	}
	return s.element
}

// Type returns the type that all that was seen fits; ok is false while only nulls and empty objects and arrays were.
func (s *Shape) Type() (t Type, ok bool) { return s.typeAt(0) }

func (s *Shape) typeAt(depth int) (Type, bool) {
	switch {
	case s.seen == 0:
		return Type{}, false
	case s.seen == seenBool:
		return Of(Bool), true
	case s.seen == seenText:
		return Of(String), true
	case s.seen&^seenNumber == 0:
		return s.number(), true
	case s.seen == seenArray && depth < maxTypeDepth:
		elem, ok := s.element.typeAt(depth + 1)
		return ListOf(elem), ok
	case s.seen == seenObject && depth < maxTypeDepth && s.count <= s.bound():
		fields := s.fields(depth + 1)
		return StructOf(fields...), len(fields) > 0
	default:
		return Of(JSON), true
	}
}

func (s *Shape) number() Type {
	switch {
	case s.seen&seenHuge != 0:
		return Of(JSON)
	case s.seen&seenFraction != 0:
		return Of(Double)
	case s.seen&seenLarge != 0:
		return DecimalOf(20, 0)
	default:
		return Of(Int64)
	}
}

func (s *Shape) fields(depth int) []Field {
	var fields []Field
	for _, name := range s.names {
		if t, ok := s.members[name].typeAt(depth); ok {
			fields = append(fields, Field{Name: name, Type: t})
		}
	}
	return fields
}
