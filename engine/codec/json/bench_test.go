package json_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/iggy-flow/iggy-flow/engine/codec"
	"github.com/iggy-flow/iggy-flow/engine/codec/json"
	"github.com/iggy-flow/iggy-flow/internal/arrowpool"
)

const eventColumns = `id: string, ts: timestamp, user_id: int64, event: string, region: string, status: int32, latency_ms: double, bytes: int64,
	device: struct{os: string, version: string, model: string}, tags: list<string>, url: string, message: string`

// events are rows of about 388 bytes: twelve fields, one of them a struct and one a list, a third of the messages with
// escapes or text beyond ASCII, one record in a hundred without a field. With shuffled, the keys come in any order.
func events(rows int, shuffled bool) string {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	var b strings.Builder
	for i := range rows {
		words := make([]string, 4+r.IntN(8))
		for k := range words {
			words[k] = pick("request", "served", "from", "cache", "session", "expired", "upstream", "timeout", "payment", "accepted")
		}
		if r.IntN(100) < 35 {
			words[r.IntN(len(words))] = pick(`caf\u00e9`, `said \"hello\"`, `C:\\temp`, `line\nbreak`, `東京タワー`, `Привет`, `\ud83d\ude80`, `Grüße`)
		}
		fields := []string{
			fmt.Sprintf(`"id":"%08x-%04x-4%03x-a%03x-%012x"`, r.Uint32(), r.Uint32()&0xffff, r.Uint32()&0xfff, r.Uint32()&0xfff, r.Uint64()&0xffffffffffff),
			fmt.Sprintf(`"ts":"2026-01-01T%02d:%02d:%02d.%06dZ"`, i/72000%24, i/1200%60, i/20%60, r.IntN(1e6)),
			`"user_id":` + strconv.Itoa(r.IntN(1_000_000)), `"event":"` + pick("page_view", "click", "add_to_cart", "purchase") + `"`,
			`"region":"` + pick("eu-west", "us-east", "ap-south") + `"`, `"status":` + pick("200", "301", "404", "500"),
			`"latency_ms":` + strconv.FormatFloat(float64(r.IntN(2_000_000))/1000, 'f', -1, 64), `"bytes":` + strconv.Itoa(r.IntN(1_000_000)),
			`"device":{"os":"` + pick("android", "ios", "linux") + `","version":"` + strconv.Itoa(r.IntN(18)) + `.1","model":"` + pick("Pixel 8", `Air 13\"`, "ThinkPad X1") + `"}`,
			`"tags":[` + pick(``, `"beta"`, `"mobile","vip"`, `"trial","b2b","ab:control"`) + `]`,
			`"url":"https://shop.example.com` + pick("/", "/search", "/product", "/account/orders") + `?item=` + strconv.Itoa(r.IntN(100_000)) + `&ref=` + pick("home", "ads") + `"`,
			`"message":"` + strings.Join(words, " ") + `"`,
		}
		if r.IntN(100) == 0 {
			fields = append(fields[:4], fields[5:]...)
		}
		if shuffled {
			r.Shuffle(len(fields), func(i, k int) { fields[i], fields[k] = fields[k], fields[i] })
		}
		b.WriteString("{" + strings.Join(fields, ",") + "}\n")
	}
	return b.String()
}

// drain decodes data to its end and releases every batch.
func drain(b *testing.B, o codec.DecodeOptions, data []byte) (rows int64) {
	d := newDecoder(b, o)
	for at := 0; at < len(data); {
		n, err := d.Decode(data[at:], true)
		if err != nil {
			b.Fatal(err)
		}
		at += n
		r := d.Flush()
		if len(r.Failed) > 0 {
			b.Fatal(r.Failed[0].Message)
		}
		rows += r.Record.NumRows()
		r.Record.Release()
	}
	return rows
}

func BenchmarkDecode(b *testing.B) {
	const rows = 20_000
	ordered, shuffled := events(rows, false), events(rows, true)
	for _, c := range []struct{ name, text, columns string }{
		{"events", ordered, eventColumns},
		{"shuffled", shuffled, eventColumns},
		{"spaced", strings.NewReplacer(`":`, `": `, `,"`, `, "`).Replace(ordered), eventColumns},
		{"array", "[" + strings.ReplaceAll(strings.TrimSuffix(ordered, "\n"), "\n", ",\n") + "]", eventColumns},
		{"2 of 12 columns", ordered, "user_id: int64, status: int32"},
	} {
		for _, pooled := range []bool{true, false} {
			b.Run(fmt.Sprintf("%s/pooled=%v", c.name, pooled), func(b *testing.B) {
				o := codec.DecodeOptions{Mem: memory.NewGoAllocator(), Schema: columns(b, c.columns)}
				if pooled {
					o.Mem = arrowpool.New()
				}
				data := padded(c.text)
				b.SetBytes(int64(len(data)))
				b.ReportAllocs()
				for b.Loop() {
					drain(b, o, data)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
			})
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	const rows = 8192
	s := columns(b, eventColumns)
	r := record(b, memory.NewGoAllocator(), s, events(rows, false))
	defer r.Release()
	e, err := json.Format().NewEncoder(s)
	if err != nil {
		b.Fatal(err)
	}
	out, _ := e.Encode(nil, r)
	b.SetBytes(int64(len(out)))
	b.ReportAllocs()
	for b.Loop() {
		out, _ = e.Encode(out[:0], r)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
}

func BenchmarkInfer(b *testing.B) {
	const rows = 20_000
	data := padded(events(rows, false))
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := json.Infer(data, true, codec.SampleLimits{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
}
