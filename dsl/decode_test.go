package dsl_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// decode fills a T from the entry `v` of a YAML document.
func decode[T any](t *testing.T, text string, s *dsl.Scope) (T, source.Diagnostics) {
	t.Helper()
	var config struct {
		V T `flow:"v"`
	}
	ds := dsl.Decode(parse(t, "x.yaml", "v: "+text+"\n"), &config, s)
	return config.V, ds
}

// decodes checks that text gives want.
func decodes[T any](t *testing.T, text string, want T) {
	t.Helper()
	got, ds := decode[T](t, text, &dsl.Scope{LookupEnv: lookup, Dir: "/documents"})
	if len(ds) > 0 {
		t.Errorf("%s: %s", text, ds.Render())
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreTypes(source.Range{})); diff != "" {
		t.Errorf("%s (-want +got):\n%s", text, diff)
	}
}

func TestDecode(t *testing.T) {
	decodes(t, "text", "text")
	decodes(t, "007", "007")
	decodes(t, "1.10", "1.10")
	decodes(t, "true", "true")
	decodes(t, "true", true)
	decodes(t, "False", false)
	decodes(t, "12", 12)
	decodes(t, "0x10", int8(16))
	decodes(t, "0o17", uint16(15))
	decodes(t, "12", 12.0)
	decodes(t, "1e3", 1000.0)
	decodes(t, "-.inf", math.Inf(-1))
	decodes(t, "30s", 30*time.Second)
	decodes(t, "1h30m", 90*time.Minute)
	decodes(t, "500ms", 500*time.Millisecond)
	decodes(t, "512", dsl.Size(512))
	decodes(t, "64KB", dsl.Size(64_000))
	decodes(t, "8MiB", dsl.Size(8<<20))
	decodes(t, "1.5 KiB", dsl.Size(1536))
	decodes(t, "[a, b]", []string{"a", "b"})
	decodes(t, "a", []string{"a"})
	decodes(t, "[]", []string{})
	decodes(t, "{b: 1, a: 2}", dsl.Map[int]{{Key: "b", Value: 1}, {Key: "a", Value: 2}})
	decodes(t, "{b: [x], a: y}", dsl.Map[[]string]{{Key: "b", Value: []string{"x"}}, {Key: "a", Value: []string{"y"}}})
	decodes(t, "text", dsl.Text{Value: "text"})
	decodes(t, "sub/a.json", dsl.Path{Value: "/documents/sub/a.json", Written: "sub/a.json"})
	decodes(t, "/a/*.json", dsl.Path{Value: "/a/*.json", Written: "/a/*.json"})
	decodes(t, "list<int64>", schemas.ListOf(schemas.Of(schemas.Int64)))
	five := 5
	decodes(t, "5", &five)
	decodes(t, "{uri: x, type: sql}", catalogConfig{Type: "sql", URI: "x"})
}

func TestInterpolation(t *testing.T) {
	decodes(t, "${HOST}", "db.example")
	decodes(t, "a ${HOST}:${PORT} b", "a db.example:8090 b")
	decodes(t, "${env:HOST}", "db.example")
	decodes(t, "'${NONE:}'", "")
	decodes(t, "${NONE:http://x:1}", "http://x:1")
	decodes(t, "${EMPTY:other}", "") // set but empty is set
	decodes(t, "${EMPTY}", "")
	decodes(t, "$${HOST}", "${HOST}")
	decodes(t, "$$${HOST}", "$${HOST}")
	decodes(t, "$HOST $ 5", "$HOST $ 5")
	decodes(t, "'${PORT}'", 8090)
	decodes(t, "${PORT}", dsl.Size(8090))
	decodes(t, "${NONE:30s}", 30*time.Second)
	decodes(t, "'${NONE:true}'", true)
	decodes(t, "'{epoch}-{part}'", "{epoch}-{part}")
	decodes(t, "['${HOST}', x]", []string{"db.example", "x"})
}

func TestInterpolationOfVarsAndFiles(t *testing.T) {
	s := &dsl.Scope{
		Dir: "/documents",
		Vars: []dsl.Var{
			{Name: "env", Value: "dev"}, {Name: "min", Value: 1.5}, {Name: "n", Value: int64(7)}, {Name: "on", Value: true},
			{Name: "at", Value: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)},
		},
		ReadFile: func(path string) ([]byte, error) {
			if path == "/run/secret" || path == "/documents/secret" {
				return []byte("sesame\n"), nil
			}
			return nil, os.ErrNotExist
		},
	}
	for _, test := range []struct{ text, want string }{
		{"${vars.env}/${vars.min}/${vars.n}/${vars.on}", "dev/1.5/7/true"}, {"${vars.at}", "2026-01-31T12:00:00Z"},
		{"${file:/run/secret}", "sesame"}, {"${file:secret}", "sesame"},
	} {
		got, ds := decode[string](t, test.text, s)
		if got != test.want || len(ds) > 0 {
			t.Errorf("%s is %q, want %q\n%s", test.text, got, test.want, ds.Render())
		}
	}
}

func TestEveryFindingOfAConfigIsReported(t *testing.T) {
	c := dedupeConfig{Window: time.Hour, Limit: 5}
	ds := dsl.Decode(parse(t, "x.yaml", "window: soon\nlimit: many\nfoo: 1\n"), &c, nil)
	codes := []string{}
	for _, d := range ds {
		codes = append(codes, d.Code)
	}
	want := []string{"wrong-type", "wrong-type", "unknown-field", "missing-field"}
	if diff := cmp.Diff(want, codes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if c.Window != time.Hour || c.Limit != 5 {
		t.Errorf("the defaults are lost: %v, %d", c.Window, c.Limit)
	}
}

func TestShortForms(t *testing.T) {
	var file fileInput
	if ds := dsl.Decode(parse(t, "x.yaml", "v: [a.json, b.json]\n").Field("v"), &file, nil); len(ds) > 0 || len(file.Paths) != 2 {
		t.Errorf("%d paths\n%s", len(file.Paths), ds.Render())
	}
	var dedupe dedupeConfig
	dedupe.Window = 1
	if ds := dsl.Decode(parse(t, "x.yaml", "v: id + 1\n").Field("v"), &dedupe, nil); len(ds) > 0 || dedupe.Key.Source != "id + 1" {
		t.Errorf("the key is %q\n%s", dedupe.Key.Source, ds.Render())
	}
	var types struct {
		Types dsl.Map[schemas.Type] `flow:"types,required"`
		On    string                `flow:"on"`
	}
	for _, text := range []string{"{a: int64}", "{types: {a: int64}}"} {
		if ds := dsl.Decode(parse(t, "x.yaml", "v: "+text+"\n").Field("v"), &types, nil); len(ds) > 0 || len(types.Types) != 1 {
			t.Errorf("%s: %v\n%s", text, types.Types, ds.Render())
		}
	}
}

// TestSecretsAreNeverPrinted: by no verb, no encoder, no log and no finding.
func TestSecretsAreNeverPrinted(t *testing.T) {
	s := dsl.NewSecret("hunter2")
	if s.Reveal() != "hunter2" {
		t.Fatalf("Reveal gives %q", s.Reveal())
	}
	type holder struct {
		Password dsl.Secret
		inner    []dsl.Secret
	}
	h := holder{Password: s, inner: []dsl.Secret{s}}
	var b strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%t", "%o"} {
		fmt.Fprintf(&b, verb+verb+verb+"\n", s, &s, []dsl.Secret{s})
	}
	fmt.Fprintf(&b, "%v %+v %#v %s %x\n", h, h, h, h, h)
	fmt.Fprintf(&b, "%v %+v %s %x %q %d\n", h.Password, h.Password, h.Password, h.Password, h.Password, h.Password)
	encoded, err := json.Marshal(h)
	fmt.Fprintln(&b, string(encoded), err)
	encoded, err = yaml.Marshal(h)
	fmt.Fprintln(&b, string(encoded), err)
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "secret", s, "holder", slog.AnyValue(h.Password))
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "secret", s)
	fmt.Fprintln(&b, errors.Join(fmt.Errorf("refused %v", s)), dsl.FieldsOf(iggyConfig{Password: s}))
	if got := b.String(); strings.Contains(got, "hunter2") || strings.Contains(got, fmt.Sprintf("%x", "hunter2")) || strings.Contains(got, "104 117") {
		t.Errorf("printed:\n%s", got)
	}
}

func TestSizeReadsBack(t *testing.T) {
	for _, size := range []dsl.Size{0, 1, 512, 1024, 1536, 64_000, 8 << 20, 3 << 40, math.MaxInt64} {
		if got, err := dsl.ParseSize(size.String()); err != nil || got != size {
			t.Errorf("%d is written %s and read as %d, %v", size, size, got, err)
		}
	}
	for _, text := range []string{"", "B", "1XB", "-1", "1.5", "1e3", "0x10", "9999999999TB", "1/2", "1 2KB", "KB"} {
		if got, err := dsl.ParseSize(text); err == nil {
			t.Errorf("%q is read as %d", text, got)
		}
	}
}
