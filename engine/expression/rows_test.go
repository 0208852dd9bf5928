package expression_test

import (
	"fmt"
	"math"
	"time"

	"pgregory.net/rapid"
)

// drawRow draws a value for each column. In a wild row numbers are as large as can be.
func drawRow(t *rapid.T, wild, nulls, ascii bool) map[string]any {
	row := make(map[string]any)
	number := func(low, high int64) int64 {
		if wild {
			return rapid.Int64Range(low, high).Draw(t, "n")
		}
		return rapid.Int64Range(max(low, -100), min(high, 1000)).Draw(t, "n")
	}
	text := func() string {
		if ascii {
			return rapid.StringOfN(rapid.SampledFrom([]rune("abcXYZ e-1")), 0, 6, -1).Draw(t, "s")
		}
		return rapid.StringOfN(rapid.SampledFrom([]rune("abXé日e-ß")), 0, 6, -1).Draw(t, "s")
	}
	instant := func() time.Time {
		return time.UnixMicro(rapid.Int64Range(-2e15, 4e15).Draw(t, "us")).UTC()
	}
	for _, name := range ranged {
		if nulls && rapid.IntRange(0, 4).Draw(t, "null") == 0 {
			row[name] = nil
			continue
		}
		switch name {
		case "flag":
			row[name] = rapid.Bool().Draw(t, "b")
		case "i8":
			row[name] = int8(number(math.MinInt8+1, math.MaxInt8))
		case "i16":
			row[name] = int16(number(math.MinInt16, math.MaxInt16))
		case "i32":
			row[name] = int32(number(math.MinInt32, math.MaxInt32))
		case "i64", "n64":
			row[name] = number(math.MinInt64, math.MaxInt64)
		case "u8":
			row[name] = uint8(number(0, math.MaxUint8))
		case "u16":
			row[name] = uint16(number(0, math.MaxUint16))
		case "u32":
			row[name] = uint32(number(0, math.MaxUint32))
		case "u64":
			row[name] = uint64(number(0, math.MaxInt64))
			if wild && rapid.Bool().Draw(t, "high") {
				row[name] = row[name].(uint64) | 1<<63
			}
		case "f32":
			row[name] = float32(rapid.SampledFrom([]float32{0, 1.5, -2.25, 0.1, 1e10}).Draw(t, "f"))
		case "f64", "g64":
			row[name] = rapid.SampledFrom([]float64{0, 1, -1.5, 2.75, 0.1, 1e6, 1e21, -3}).Draw(t, "f")
			if wild {
				row[name] = rapid.Float64().Draw(t, "f")
			}
		case "s", "t":
			row[name] = text()
		case "ts", "at":
			row[name] = instant()
		case "ns":
			row[name] = instant().Add(time.Duration(rapid.IntRange(0, 999).Draw(t, "ns")))
		case "tags":
			list := []any{}
			for range rapid.IntRange(0, 3).Draw(t, "len") {
				list = append(list, text())
			}
			row[name] = list
		case "nums":
			list := []any{}
			for range rapid.IntRange(0, 3).Draw(t, "len") {
				list = append(list, number(-50, 50))
			}
			row[name] = list
		case "dev":
			dev := map[string]any{"os": text(), "n": int32(number(-5, 5))}
			if nulls && rapid.IntRange(0, 3).Draw(t, "null") == 0 {
				dev["os"], dev["n"] = nil, nil
			}
			row[name] = dev
		case "attr":
			row[name] = map[string]any{"k": number(0, 9)}
		case "dec", "dec4":
			row[name] = fmt.Sprintf("%d.%02d", number(-1e6, 1e6), rapid.IntRange(0, 99).Draw(t, "cents"))
		case "id", "id2":
			row[name] = fmt.Sprintf("00000000-0000-0000-0000-00000000000%d", rapid.IntRange(0, 3).Draw(t, "id"))
		case "day", "day2":
			row[name] = int32(rapid.IntRange(-30, 30).Draw(t, "day"))
		case "clock", "clock2":
			row[name] = int64(rapid.IntRange(0, 86399).Draw(t, "clock")) * 1e6
		}
	}
	return row
}
