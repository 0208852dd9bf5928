// Package json is the codec for JSON: one object a line (NDJSON), or one array of objects.
//
// The decoder is driven by the schema. It guesses which key comes next, compares it by words and writes each value
// straight into Arrow buffers; only a wrong guess, an escape or an odd number takes a slower path. What it accepts is
// RFC 8259 and no more. The encoder writes one object a line. [Infer] finds the schema of a sample.
package json
