package iceberg

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

const (
	sampleRows   = 2048 // values of a column that are looked at
	repeatFactor = 4    // a dictionary pays when a value occurs this often; else it costs a hash per value and is given up
)

// repetitive returns the Parquet paths of the columns of r whose values repeat so often that a dictionary pays. Lists and
// maps are not looked into. It borrows r.
func repetitive(r arrow.RecordBatch) (paths []string) {
	for i, c := range r.Columns() {
		paths = append(paths, repetitiveLeaves(r.ColumnName(i), c)...)
	}
	return paths
}

func repetitiveLeaves(path string, a arrow.Array) (paths []string) {
	switch a := a.(type) {
	case *array.Struct:
		t := a.DataType().(*arrow.StructType)
		for i := range a.NumField() {
			paths = append(paths, repetitiveLeaves(path+"."+t.Field(i).Name, a.Field(i))...)
		}
		return paths
	case *array.List, *array.Map, *array.Boolean:
		return nil // a bit needs no dictionary
	case array.ExtensionArray:
		return repetitiveLeaves(path, a.Storage())
	}
	if repeats(a) {
		return []string{path}
	}
	return nil
}

// repeats looks at values spread over the whole of a.
func repeats(a arrow.Array) bool {
	at, ok := bytesAt(a)
	if !ok || a.Len() == 0 {
		return false
	}
	step := max(a.Len()/sampleRows, 1)
	seen := map[string]struct{}{}
	values := 0
	for i := 0; i < a.Len(); i += step {
		if a.IsNull(i) {
			continue
		}
		values++
		seen[string(at(i))] = struct{}{}
	}
	return values >= repeatFactor && len(seen)*repeatFactor <= values
}

// bytesAt returns access to the bytes of single values of a leaf.
func bytesAt(a arrow.Array) (at func(int) []byte, ok bool) {
	switch a := a.(type) {
	case *array.String:
		return func(i int) []byte { return []byte(a.Value(i)) }, true
	case *array.Binary:
		return a.Value, true
	}
	t, ok := a.DataType().(arrow.FixedWidthDataType)
	if !ok || a.Data().Buffers()[1] == nil {
		return nil, false
	}
	width, data := t.Bytes(), a.Data().Buffers()[1].Bytes()
	from := a.Data().Offset()
	return func(i int) []byte { return data[(from+i)*width : (from+i+1)*width] }, true
}
