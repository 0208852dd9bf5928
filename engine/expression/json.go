package expression

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// opToJSONText and opFromJSON write and read JSON, at the VM's price.
var (
	opToJSONText = &operation{
		name:       "toJSON",
		mayFail:    true,
		takesNulls: true,
		row: func(r *rowRun, _ *node, args []any) (any, error) {
			return indentedJSON(r, args[0])
		},
	}
	opFromJSON = func() *operation {
		op := nullable(textRows("fromJSON", func(r *rowRun, args []any) (any, error) {
			text := args[0].(string)
			if err := r.spend(len(text)); err != nil {
				return nil, err
			}
			var value any
			if err := json.Unmarshal([]byte(text), &value); err != nil {
				return nil, rowFault{"invalid-json", "fromJSON: " + err.Error()}
			}
			return value, nil
		}))
		return op
	}()
)

// indentedJSON is what expr's toJSON writes: with an indent of two blanks.
func indentedJSON(r *rowRun, value any) (any, error) {
	if err := r.spend(jsonSize(value)); err != nil {
		return nil, err
	}
	value, err := jsonable(value)
	if err != nil {
		return nil, err
	}
	b, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return nil, rowFault{"invalid-json", "toJSON: " + err.Error()}
	}
	return string(b), r.spend(len(b))
}

// jsonSize is about how long a value is as JSON.
func jsonSize(value any) int {
	switch x := value.(type) {
	case string:
		return len(x) + 2
	case rawJSON:
		return len(x)
	case []any:
		n := 2
		for _, e := range x {
			n += jsonSize(e) + 1
		}
		return n
	case map[string]any:
		n := 2
		for k, e := range x {
			n += len(k) + jsonSize(e) + 4
		}
		return n
	}
	return 8
}

// jsonable is a row value as encoding/json writes it. NaN and infinities have no JSON.
func jsonable(value any) (any, error) {
	switch x := value.(type) {
	case rawJSON:
		return json.RawMessage(x), nil
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, rowFault{"invalid-json", fmt.Sprintf("%v has no JSON", x)}
		}
	case decimal:
		return json.Number(x.String()), nil
	case identifier, civilDate, clockTime:
		return fmt.Sprint(x), nil
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			v, err := jsonable(e)
			if err != nil {
				return nil, err
			}
			out[i] = v
		}
		return out, nil
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			v, err := jsonable(e)
			if err != nil {
				return nil, err
			}
			out[k] = v
		}
		return out, nil
	}
	return value, nil
}

// jsonText is a row value as compact JSON; a value that has none is null.
func jsonText(value any) string {
	text, err := compactJSON(value)
	if err != nil {
		return "null"
	}
	return text
}

// compactJSON is what a JSON column holds of a value.
func compactJSON(value any) (string, error) {
	switch x := value.(type) {
	case rawJSON:
		return string(x), nil
	case bool:
		return strconv.FormatBool(x), nil
	case int:
		return strconv.Itoa(x), nil
	case time.Time:
		return x.Format(`"` + time.RFC3339Nano + `"`), nil
	}
	value, err := jsonable(value)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return "", rowFault{"invalid-json", err.Error()}
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// parseJSON is the value of a JSON text: whole numbers are ints where they fit. A text that is no JSON is itself.
func parseJSON(text string) any {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return text
	}
	return numbered(value)
}

// numbered turns the numbers of a JSON value into ints and floats.
func numbered(value any) any {
	switch x := value.(type) {
	case json.Number:
		if n, err := strconv.Atoi(x.String()); err == nil {
			return n
		}
		f, _ := x.Float64()
		return f
	case []any:
		for i, e := range x {
			x[i] = numbered(e)
		}
	case map[string]any:
		for k, e := range x {
			x[k] = numbered(e)
		}
	}
	return value
}
