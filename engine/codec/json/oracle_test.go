package json_test

import (
	"bytes"
	stdjson "encoding/json"
	"io"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// FuzzAgainstStandardLibrary: a line is a record exactly when encoding/json reads it as one whose values fit, but for
// what that accepts and RFC 8259 or the design does not: invalid UTF-8, half surrogates and keys that occur twice.
func FuzzAgainstStandardLibrary(f *testing.F) {
	for _, text := range []string{
		`{"s":"x","n":1.5,"i":10,"j":{"a":[1,2]},"l":["a",null]}`, `{"n":1e400}`, `{"i":1.0,"n":-0}`, `{"i":9223372036854775808}`,
		`{"s":"\ud83d\ude80\n\u0000"}`, `{ "j" : [ { } , "" , null , true ] }`, `{"i":1e2,"n":123456789012345678901234567890}`, `{"S":"x"}`,
	} {
		f.Add([]byte(text))
	}
	for _, c := range validTexts {
		f.Add([]byte(`{"j":` + c.text + `,"n":1}`))
	}
	for _, c := range invalidTexts {
		if len(c.text) < 100 {
			f.Add([]byte(`{"j":` + c.text + `,"s":"a"}`))
		}
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if bytes.ContainsAny(line, "\n") || len(bytes.TrimSpace(line)) == 0 || bytes.HasPrefix(line, []byte("\xef\xbb\xbf")) {
			return
		}
		want, ok := standard(line)
		d := newDecoder(t, options(t, columns(t, "s: string, n: double, i: int64, j: json, l: list<string>")))
		if _, err := d.Decode(padded("{}\n"+string(line)), true); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		rows := d.Flush()
		defer rows.Record.Release()
		if len(rows.Failed) > 0 {
			switch rows.Failed[0].Code {
			case "json-encoding":
				ok = ok && utf8.Valid(line) && !halfSurrogate(line)
			case "json-depth":
				ok = false
			}
		}
		if ok != (len(rows.Failed) == 0) {
			t.Fatalf("%q: encoding/json says %v, failures are %v", line, ok, rows.Failed)
		}
		if ok {
			compareRow(t, line, want, rows.Record)
		}
	})
}

// halfSurrogate reports whether encoding/json had to put a replacement character into a text or key.
func halfSurrogate(line []byte) bool {
	d := stdjson.NewDecoder(bytes.NewReader(line))
	for {
		token, err := d.Token()
		if err != nil {
			return false
		}
		if text, ok := token.(string); ok && strings.ContainsRune(text, utf8.RuneError) {
			return true
		}
	}
}

// standard reads line as encoding/json does, and says whether its values fit the columns of the test.
func standard(line []byte) (map[string]any, bool) {
	d := stdjson.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	var v map[string]any
	if d.Decode(&v) != nil || v == nil {
		return nil, false
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, false
	}
	if twice(line) {
		return nil, false
	}
	for name, value := range v {
		if value != nil && !fitsColumn(name, value) {
			return nil, false
		}
	}
	return v, true
}

// twice reports whether the object on line, which is valid, has a key twice; those inside its values do not count.
func twice(line []byte) bool {
	d := stdjson.NewDecoder(bytes.NewReader(line))
	keys := map[string]bool{}
	_, _ = d.Token()
	for d.More() {
		key, _ := d.Token()
		if keys[key.(string)] {
			return true
		}
		keys[key.(string)] = true
		var value stdjson.RawMessage
		_ = d.Decode(&value)
	}
	return false
}

func fitsColumn(name string, value any) bool {
	switch name {
	case "s":
		_, ok := value.(string)
		return ok
	case "n":
		n, ok := value.(stdjson.Number)
		_, err := n.Float64()
		return ok && err == nil
	case "i":
		n, ok := value.(stdjson.Number)
		_, whole := wholeNumber(string(n))
		return ok && whole
	case "l":
		list, ok := value.([]any)
		for _, e := range list {
			_, text := e.(string)
			ok = ok && (text || e == nil)
		}
		return ok
	}
	return true
}

func wholeNumber(n string) (int64, bool) {
	if _, exponent, ok := strings.Cut(strings.ToLower(n), "e"); ok {
		// big.Rat would write all the zeros of a huge exponent; beyond this one only zero is whole and small enough.
		if e, err := strconv.Atoi(exponent); err != nil || e > 4000 || e < -4000 {
			return 0, strings.Trim(strings.ToLower(n)[:strings.IndexByte(strings.ToLower(n), 'e')], "-0.") == ""
		}
	}
	r, ok := new(big.Rat).SetString(n)
	if !ok || !r.IsInt() || !r.Num().IsInt64() {
		return 0, false
	}
	return r.Num().Int64(), true
}

func compareRow(t *testing.T, line []byte, want map[string]any, r arrow.RecordBatch) {
	t.Helper()
	for i, c := range r.Columns() {
		name := r.ColumnName(i)
		value := want[name]
		if c.IsNull(1) != (value == nil) {
			t.Fatalf("%q: %s is null: %v; expected %v", line, name, c.IsNull(1), value)
		}
		if value == nil {
			continue
		}
		var same bool
		switch c := c.(type) {
		case *array.Float64:
			v, _ := value.(stdjson.Number).Float64()
			same = v == c.Value(1)
		case *array.Int64:
			v, _ := wholeNumber(string(value.(stdjson.Number)))
			same = v == c.Value(1)
		case *array.List:
			from, to := c.ValueOffsets(1)
			list := value.([]any)
			same = int(to-from) == len(list)
			for k := 0; same && k < len(list); k++ {
				text, ok := list[k].(string)
				e := c.ListValues().(*array.String)
				same = ok != e.IsNull(int(from)+k) && (!ok || e.Value(int(from)+k) == text)
			}
		case *array.String:
			if text, ok := value.(string); ok && name == "s" {
				same = c.Value(1) == text
				break
			}
			a, _ := stdjson.Marshal(value)
			d := stdjson.NewDecoder(strings.NewReader(c.Value(1)))
			d.UseNumber()
			var kept any
			err := d.Decode(&kept)
			b, _ := stdjson.Marshal(kept)
			same = err == nil && bytes.Equal(a, b)
		}
		if !same {
			t.Fatalf("%q: %s is %s; expected %v", line, name, c.ValueStr(1), value)
		}
	}
}

// TestDoublesAreRoundedCorrectly: numbers of all lengths are the doubles and floats that strconv finds.
func TestDoublesAreRoundedCorrectly(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var text strings.Builder
	var numbers []string
	for range 20_000 {
		n := strconv.FormatUint(r.Uint64()>>r.IntN(64), 10)
		if r.IntN(2) == 0 {
			n += "." + strconv.FormatUint(r.Uint64()>>r.IntN(64), 10)
		}
		if r.IntN(2) == 0 {
			n += "e" + strconv.Itoa(r.IntN(36)-28)
		}
		if r.IntN(2) == 0 {
			n = "-" + n
		}
		numbers = append(numbers, n)
		text.WriteString(`{"d":` + n + `,"f":` + n + "}\n")
	}
	o := options(t, columns(t, "d: double, f: float"))
	o.MaxRows, o.MaxBytes = len(numbers), 1<<30
	d := newDecoder(t, o)
	if _, err := d.Decode(padded(text.String()), true); err != nil {
		t.Fatal(err)
	}
	rows := d.Flush()
	defer rows.Record.Release()
	if len(rows.Failed) > 0 {
		t.Fatal(rows.Failed[0])
	}
	for i, n := range numbers {
		double, _ := strconv.ParseFloat(n, 64)
		float, _ := strconv.ParseFloat(n, 32)
		if got := rows.Record.Column(0).(*array.Float64).Value(i); got != double {
			t.Errorf("%s: double %v; expected %v", n, got, double)
		}
		if got := rows.Record.Column(1).(*array.Float32).Value(i); got != float32(float) {
			t.Errorf("%s: float %v; expected %v", n, got, float32(float))
		}
	}
}
