package cast

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// parse fills an array by what one makes of each text.
func parse[T arrow.FixedWidthType](r *run, in arrow.Array, one func(r *run, text []byte) (T, bool)) arrow.Array {
	buf, out := values[T](r, in.Len())
	t := textsOf(in)
	for i := range out {
		v, ok := one(r, t.at(i))
		if out[i] = v; !ok {
			r.fail(in, i)
		}
	}
	return r.finish(in, buf)
}

func textToSigned[T signed](r *run, in arrow.Array) arrow.Array {
	bits := 8 * int(unsafe.Sizeof(T(0)))
	buf, out := values[T](r, in.Len())
	t := textsOf(in)
	for i := range out {
		text := t.at(i)
		v, err := strconv.ParseInt(view(text), 10, bits)
		if out[i] = T(v); err != nil || text[0] == '+' {
			r.fail(in, i)
		}
	}
	return r.finish(in, buf)
}

func textToUnsigned[T unsigned](r *run, in arrow.Array) arrow.Array {
	bits := 8 * int(unsafe.Sizeof(T(0)))
	buf, out := values[T](r, in.Len())
	t := textsOf(in)
	for i := range out {
		v, err := strconv.ParseUint(view(t.at(i)), 10, bits)
		if out[i] = T(v); err != nil {
			r.fail(in, i)
		}
	}
	return r.finish(in, buf)
}

func textToFloat[T floating](r *run, in arrow.Array) arrow.Array {
	bits := 8 * int(unsafe.Sizeof(T(0)))
	buf, out := values[T](r, in.Len())
	t := textsOf(in)
	for i := range out {
		text := t.at(i)
		if !isNumber(text) {
			out[i] = 0
			r.fail(in, i)
			continue
		}
		v, err := strconv.ParseFloat(view(text), bits)
		if out[i] = T(v); err != nil {
			r.fail(in, i)
		}
	}
	return r.finish(in, buf)
}

// isNumber reports whether text is a decimal number, or what toText writes for those that are none: Go reads hexadecimal
// ones and underscores too.
func isNumber(text []byte) bool {
	switch string(text) {
	case "NaN", "+Inf", "-Inf":
		return true
	}
	at := 0
	if len(text) > 0 && text[0] == '-' {
		at++
	}
	digits := func() bool {
		from := at
		for at < len(text) && text[at] >= '0' && text[at] <= '9' {
			at++
		}
		return at > from
	}
	if !digits() {
		return false
	}
	if at < len(text) && text[at] == '.' {
		at++
		if !digits() {
			return false
		}
	}
	if at < len(text) && (text[at] == 'e' || text[at] == 'E') {
		at++
		if at < len(text) && (text[at] == '+' || text[at] == '-') {
			at++
		}
		if !digits() {
			return false
		}
	}
	return at == len(text)
}

func textToDecimal(r *run, in arrow.Array) arrow.Array {
	return parse(r, in, func(r *run, text []byte) (decimal128.Num, bool) {
		return parseDecimal(text, r.to.Precision, r.to.Scale)
	})
}

func textToBool(r *run, in arrow.Array) arrow.Array {
	b := array.NewBooleanBuilder(r.mem)
	defer b.Release()
	b.Reserve(in.Len())
	t := textsOf(in)
	for i := range in.Len() {
		if in.IsNull(i) {
			b.UnsafeAppendBoolToBitmap(false)
			continue
		}
		yes := string(t.at(i)) == "true"
		b.UnsafeAppend(yes)
		if !yes && string(t.at(i)) != "false" {
			r.fail(in, i)
		}
	}
	return b.NewArray()
}

// textToJSON checks the texts and keeps them, but for those with line breaks, which lose the space between their parts: a
// JSON value stands on one line.
func textToJSON(r *run, in arrow.Array) arrow.Array {
	t := textsOf(in)
	broken := false
	for i := range in.Len() {
		if !json.Valid(t.at(i)) {
			r.fail(in, i)
		}
		broken = broken || bytes.ContainsAny(t.at(i), "\n\r")
	}
	if !broken {
		return retype(r, in)
	}
	b := array.NewStringBuilder(r.mem)
	defer b.Release()
	b.Reserve(in.Len())
	var line bytes.Buffer
	for i := range in.Len() {
		text := t.at(i)
		if in.IsNull(i) {
			b.AppendNull()
			continue
		}
		line.Reset()
		if bytes.ContainsAny(text, "\n\r") && json.Compact(&line, text) == nil {
			text = line.Bytes()
		}
		b.BinaryBuilder.Append(text)
	}
	return b.NewArray()
}

// textToUUID reads the one form with hyphens, in either case.
func textToUUID(r *run, in arrow.Array) arrow.Array {
	buf, out := values[byte](r, 16*in.Len())
	t := textsOf(in)
	for i := range in.Len() {
		if !parseUUID(out[16*i:16*i+16], t.at(i)) {
			clear(out[16*i : 16*i+16])
			r.fail(in, i)
		}
	}
	return r.finish(in, buf)
}

func parseUUID(dst, text []byte) bool {
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return false
	}
	digits := make([]byte, 0, 32)
	for _, part := range [...][]byte{text[:8], text[9:13], text[14:18], text[19:23], text[24:]} {
		digits = append(digits, part...)
	}
	_, err := hex.Decode(dst, digits)
	return err == nil
}
