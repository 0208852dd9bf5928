package expression

import "github.com/apache/arrow-go/v18/arrow/decimal128"

// The row values: what constants are and what the VM sees.
//
//	bool                                   bool
//	int8 to int64, uint8 to uint32         int
//	uint64                                 uint64
//	float, double                          float64
//	decimal                                decimal
//	string                                 string
//	binary, fixed                          []byte
//	uuid                                   identifier
//	date                                   civilDate
//	time                                   clockTime
//	timestamp, timestamp_ns, local         time.Time in UTC
//	duration                               time.Duration
//	month, weekday                         time.Month, time.Weekday
//	list                                   []any
//	map, struct                            map[string]any
//	json                                   any of bool, int, float64, string, []any, map[string]any; or rawJSON
//	null                                   nil

// decimal is number / 10^scale.
type decimal struct {
	number decimal128.Num
	scale  int32
}

// identifier is a uuid.
type identifier [16]byte

// civilDate counts days since 1970-01-01.
type civilDate int32

// clockTime counts microseconds since midnight.
type clockTime int64

// rawJSON is the text of a JSON value that nobody has looked into yet.
type rawJSON string
