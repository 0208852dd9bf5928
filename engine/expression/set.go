package expression

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// set is a constant list on the right side of in.
type set struct {
	typ    schemas.Type // of what is looked for
	store  storage
	ints   []int64 // sorted
	uints  []uint64
	floats []float64
	texts  []string
	short  bool // few enough to be compared one by one

	// Of many texts: a hash table with open addressing; slots hold 1 + the index of a text.
	slots []int32
}

// fewTexts is how many texts are faster compared one by one than hashed.
const fewTexts = 8

// newSet makes a set of the elements of a constant list; nil when they are of kinds that need more than a look-up.
func newSet(t, elem schemas.Type, elems []any) *set {
	s := &set{typ: t, store: storageOf(t)}
	for _, e := range elems {
		if e == nil {
			continue
		}
		switch {
		case s.store == inInts && storageOf(elem) == inInts && (isInteger(t) && isInteger(elem) || t.Kind == elem.Kind):
			s.ints = append(s.ints, intOf(e, elem))
		case s.store == inUints && storageOf(elem) == inInts && isInteger(elem):
			if x := intOf(e, elem); x >= 0 {
				s.uints = append(s.uints, uint64(x))
			}
		case s.store == inInts && storageOf(elem) == inFloats && isInteger(t):
			if x := e.(float64); x == math.Trunc(x) && x >= -1<<63 && x < 1<<63 {
				s.ints = append(s.ints, int64(x))
			}
		case s.store == inFloats && storageOf(elem) == inFloats:
			if x := e.(float64); x == x {
				s.floats = append(s.floats, x)
			}
		case s.store == inFloats && storageOf(elem) == inInts && isInteger(elem):
			if x := intOf(e, elem); compareIntFloat(x, float64(x)) == 0 {
				s.floats = append(s.floats, float64(x))
			}
		case s.store == inUints && storageOf(elem) == inUints:
			s.uints = append(s.uints, e.(uint64))
		case s.store == inStrings && t.Kind == elem.Kind:
			s.texts = append(s.texts, bytesText(e))
		default:
			return nil
		}
	}
	switch s.store {
	case inInts, inUints, inFloats, inStrings:
	default:
		return nil
	}
	slices.Sort(s.ints)
	slices.Sort(s.uints)
	slices.Sort(s.floats)
	slices.Sort(s.texts)
	s.texts = slices.Compact(s.texts)
	s.short = len(s.ints)+len(s.uints)+len(s.texts) <= fewTexts
	if !s.short && len(s.texts) > 0 {
		s.index()
	}
	return s
}

// key tells sets apart.
func (s *set) key() string {
	var b strings.Builder
	for _, x := range s.ints {
		b.WriteString(strconv.FormatInt(x, 10) + ",")
	}
	for _, x := range s.uints {
		b.WriteString(strconv.FormatUint(x, 10) + "u,")
	}
	for _, x := range s.floats {
		b.WriteString(formatFloat(x) + "f,")
	}
	for _, x := range s.texts {
		b.WriteString(strconv.Quote(x) + ",")
	}
	return b.String()
}

func (s *set) index() {
	size := 4
	for size < 2*len(s.texts) {
		size *= 2
	}
	s.slots = make([]int32, size)
	for i, text := range s.texts {
		at := hashText(text) & uint32(size-1)
		for s.slots[at] != 0 {
			at = (at + 1) & uint32(size-1)
		}
		s.slots[at] = int32(i + 1)
	}
}

// hashText is FNV-1a: the texts of a document's list are no adversary.
func hashText(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h ^ h>>15
}

func (s *set) hasText(text string) bool {
	if s.short {
		for _, x := range s.texts {
			if x == text {
				return true
			}
		}
		return false
	}
	mask := uint32(len(s.slots) - 1)
	for at := hashText(text) & mask; s.slots[at] != 0; at = (at + 1) & mask {
		if s.texts[s.slots[at]-1] == text {
			return true
		}
	}
	return false
}

func (s *set) hasInt(x int64) bool {
	if s.short {
		for _, y := range s.ints {
			if x == y {
				return true
			}
		}
		return false
	}
	_, ok := slices.BinarySearch(s.ints, x)
	return ok
}

func (s *set) hasFloat(x float64) bool {
	_, ok := slices.BinarySearch(s.floats, x)
	return ok && x == x
}

// holds reports whether row i of v is in the set.
func (s *set) holds(v *vec, i int32) bool {
	switch s.store {
	case inInts:
		return s.hasInt(v.ints[i])
	case inUints:
		_, ok := slices.BinarySearch(s.uints, v.uints[i])
		return ok
	case inFloats:
		return s.hasFloat(v.floats[i])
	default:
		return s.hasText(v.str(i))
	}
}

// has reports whether a row value is in the set.
func (s *set) has(value any) bool {
	switch x := value.(type) {
	case uint64:
		_, ok := slices.BinarySearch(s.uints, x)
		return ok
	case float64:
		return s.hasFloat(x)
	case string, []byte, identifier:
		return s.hasText(bytesText(x))
	default:
		return s.hasInt(intOf(x, s.typ))
	}
}
