package json

import (
	"bytes"
	"math/bits"
	"unicode/utf8"
)

// key is how a member's name is expected in the bytes: `"name":`, as masked words.
type key struct {
	word0, mask0 uint64
	word1, mask1 uint64
	size         int       // bytes of `"name":`
	rest         []keyWord // of a key above 16 bytes
}

type keyWord struct{ word, mask uint64 }

// newKey prepares a name. One that JSON writes with an escape, or that is no UTF-8, is never predicted: no bytes match it.
func newKey(name string) key {
	text := []byte(`"` + name + `":`)
	k := key{size: len(text)}
	if !utf8.ValidString(name) || bytes.ContainsFunc([]byte(name), func(r rune) bool { return r < ' ' || r == '"' || r == '\\' }) {
		return key{size: 1, mask0: 0xff} // a key begins with a quote, never with a zero byte
	}
	words := make([]keyWord, max(2, (len(text)+7)/8))
	for i, c := range text {
		words[i/8].word |= uint64(c) << (8 * (i % 8))
		words[i/8].mask |= 0xff << (8 * (i % 8))
	}
	k.word0, k.mask0, k.word1, k.mask1 = words[0].word, words[0].mask, words[1].word, words[1].mask
	k.rest = words[2:]
	return k
}

// begins reports whether the first 16 bytes of the key stand at p, which for most is all of it. It reads 16 bytes.
func (k *key) begins(p pointer) bool {
	return (word(p)^k.word0)&k.mask0|(word(at(p, 8))^k.word1)&k.mask1 == 0
}

// ends reports whether the key that begins at p goes on as expected. It reads at most 8 bytes beyond those that do.
func (k *key) ends(p pointer) bool { return k.size <= 16 || k.restIs(p) }

func (k *key) restIs(p pointer) bool {
	for i, w := range k.rest {
		if (word(at(p, 16+8*i))^w.word)&w.mask != 0 {
			return false
		}
	}
	return true
}

// recent is where the columns were found that were not expected: by the first 16 bytes of their names, and one for each
// hash of them, so that a record in any order finds its columns without a search. What stands there may be another one.
type recent struct {
	columns []*column // a power of two of them
	shift   uint
}

func newRecent(names int) recent {
	size := 64
	for size < 16*names && size < 4096 {
		size *= 2
	}
	return recent{make([]*column, size), uint(64 - bits.TrailingZeros(uint(size)))}
}

// slot is where the column of the key at p is kept.
func (r *recent) slot(p pointer) **column {
	w, v := word(at(p, 1)), word(at(p, 9))
	ends := quoteMarks(w)
	if ends != 0 {
		v = 0
	}
	w = below(w, ends)
	v = below(v, quoteMarks(v))
	i := (w ^ bits.RotateLeft64(v*0x9E3779B97F4A7C15, 29)) * 0xD6E8FEB86659FD93 >> r.shift
	return &r.columns[i]
}

// quoteMarks marks the quotes of w; the lowest mark is exact.
func quoteMarks(w uint64) uint64 {
	q := w ^ quotes
	return (q - ones) &^ q & tops
}

// table finds a column by its name: open addressing, at most half full.
type table struct {
	slots []*column
	shift uint
}

// hash mixes a name's length with its first and last eight bytes. It reads 8 bytes from p on, however short the name is.
func hash(p pointer, n int) uint64 {
	w := word(p)
	if n < 8 {
		w &= 1<<uint(8*n) - 1
	} else {
		w ^= bits.RotateLeft64(word(at(p, n-8))*0x9E3779B97F4A7C15, 29)
	}
	return (w + uint64(n)) * 0xD6E8FEB86659FD93
}

func (t *table) find(p pointer, n int) *column {
	if len(t.slots) == 0 {
		return nil
	}
	mask := len(t.slots) - 1
	for i := int(hash(p, n) >> t.shift); ; i++ {
		c := t.slots[i&mask]
		if c == nil || len(c.name) == n && c.name == string(span(p, n)) {
			return c
		}
	}
}

// add puts c in; the names in a table differ.
func (t *table) add(c *column, names int) {
	if 2*names > len(t.slots) {
		old := t.slots
		size := 8
		for size < 4*names {
			size *= 2
		}
		t.slots, t.shift = make([]*column, size), uint(64-bits.TrailingZeros(uint(size)))
		for _, o := range old {
			if o != nil {
				t.put(o)
			}
		}
	}
	t.put(c)
}

func (t *table) put(c *column) {
	padded := append(make([]byte, 0, len(c.name)+8), c.name...)
	p := pointer(&padded[:8][0])
	for i := int(hash(p, len(c.name)) >> t.shift); ; i++ {
		if slot := &t.slots[i&(len(t.slots)-1)]; *slot == nil {
			*slot = c
			return
		}
	}
}
