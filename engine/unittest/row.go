package unittest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	flowjson "github.com/iggy-flow/iggy-flow/engine/codec/json"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// row is a record as JSON: its text, and its cells as nil, bool, json.Number, string, []any or map[string]any.
type row struct {
	text  string
	cells map[string]any
}

func parseRow(text []byte) (row, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	r := row{text: string(text)}
	return r, d.Decode(&r.cells)
}

// parseRows reads a golden file: JSON objects one behind the other, or arrays of them.
func parseRows(data []byte) ([]row, error) {
	rows := []row{}
	d := json.NewDecoder(bytes.NewReader(data))
	for {
		var one json.RawMessage
		if err := d.Decode(&one); err != nil {
			if errors.Is(err, io.EOF) {
				return rows, nil
			}
			return nil, err
		}
		list := []json.RawMessage{one}
		if one[0] == '[' {
			if err := json.Unmarshal(one, &list); err != nil {
				return nil, err
			}
		}
		for _, text := range list {
			r, err := parseRow(text)
			if err != nil {
				return nil, err
			}
			rows = append(rows, r)
		}
	}
}

// rowsOf turns a batch's columns into rows. It borrows r.
func rowsOf(s *schemas.Schema, r arrow.RecordBatch) ([]row, error) {
	encoder, err := flowjson.Format().NewEncoder(s)
	if err != nil {
		return nil, err
	}
	text, failed := encoder.Encode(nil, r)
	lines := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	rows := make([]row, 0, r.NumRows())
	for i := range int(r.NumRows()) {
		var line []byte
		if len(failed) > 0 && failed[0].Row == i {
			failed = failed[1:]
			if line, err = cellwise(s, r, i); err != nil {
				return nil, err
			}
		} else {
			line, lines = lines[0], lines[1:]
		}
		parsed, err := parseRow(line)
		if err != nil {
			return nil, fmt.Errorf("read back row %d, %s: %w", i+1, line, err)
		}
		rows = append(rows, parsed)
	}
	return rows, nil
}

// cellwise writes a row with a value that JSON lacks: NaN and the infinities as texts.
func cellwise(s *schemas.Schema, r arrow.RecordBatch, i int) ([]byte, error) {
	out := []byte{'{'}
	for c := range s.Len() {
		field := schemas.New(s.Field(c))
		encoder, err := flowjson.Format().NewEncoder(field)
		if err != nil {
			return nil, err
		}
		cell := array.NewSlice(r.Column(c), int64(i), int64(i)+1)
		one := array.NewRecordBatch(field.Arrow(), []arrow.Array{cell}, 1)
		text, failed := encoder.Encode(nil, one)
		one.Release()
		member := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(string(text)), "{"), "}")
		if len(failed) > 0 {
			member = quote(s.Field(c).Name) + ":" + quote(strings.Replace(cell.ValueStr(0), "+", "", 1))
		}
		cell.Release()
		if member == "" {
			continue // an encoder may leave nulls out
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, member...)
	}
	return append(out, '}'), nil
}

// rowsAt turns rows of a test file into rows. Texts are taken as they are: nothing is interpolated.
func rowsAt(nodes []*dsl.Node) ([]row, source.Diagnostics) {
	rows := make([]row, len(nodes))
	var ds source.Diagnostics
	for i, n := range nodes {
		text := appendNode(nil, n)
		r, err := parseRow(text)
		if err != nil {
			ds = append(ds, finding("test-row", place(n), "the record cannot be written as JSON: "+err.Error(), "", ""))
		}
		rows[i] = r
	}
	return rows, ds
}

// appendNode writes a value of a test file as JSON. NaN and the infinities are texts, as rowsOf writes them.
func appendNode(dst []byte, n *dsl.Node) []byte {
	switch n.Kind {
	case dsl.MapNode:
		dst = append(dst, '{')
		for i, e := range n.Entries {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(append(dst, quote(e.Key)...), ':')
			dst = appendNode(dst, e)
		}
		return append(dst, '}')
	case dsl.ListNode:
		dst = append(dst, '[')
		for i, item := range n.Items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendNode(dst, item)
		}
		return append(dst, ']')
	case dsl.ScalarNode:
		switch n.Value {
		case dsl.BoolValue:
			return append(dst, strings.ToLower(n.Text)...)
		case dsl.IntValue, dsl.FloatValue:
			return append(dst, number(n.Text)...)
		case dsl.StringValue:
			return append(dst, quote(n.Text)...)
		}
	}
	return append(dst, "null"...)
}

// number spells a number of YAML as JSON does.
func number(text string) string {
	if json.Valid([]byte(text)) {
		return text
	}
	switch lower := strings.ToLower(strings.TrimPrefix(text, "+")); lower {
	case ".inf":
		return `"Inf"`
	case "-.inf":
		return `"-Inf"`
	case ".nan":
		return `"NaN"`
	}
	digits, base := strings.TrimPrefix(text, "+"), 10
	if rest, ok := strings.CutPrefix(digits, "0o"); ok {
		digits, base = rest, 8
	} else if rest, ok := strings.CutPrefix(digits, "0x"); ok {
		digits, base = rest, 16
	}
	if whole, ok := new(big.Int).SetString(digits, base); ok {
		return whole.String()
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return quote(text)
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// quote writes a text as JSON.
func quote(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a text and a buffer: neither can fail
	return strings.TrimSuffix(b.String(), "\n")
}

// render writes a cell as JSON, names in alphabetical order.
func render(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // made of what JSON has
	return strings.TrimSuffix(b.String(), "\n")
}
