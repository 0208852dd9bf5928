package dsl_test

import (
	"maps"
	"os"
	"reflect"
	"slices"
	"time"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

type iggyConfig struct {
	Address  string        `flow:"address" doc:"The server."`
	Username string        `flow:"username" doc:"Who reads."`
	Password dsl.Secret    `flow:"password" doc:"Their password."`
	Stream   string        `flow:"stream,required" doc:"The stream."`
	Topic    string        `flow:"topic,required" doc:"The topic."`
	Poll     time.Duration `flow:"poll,min=1ms,max=1m" doc:"Longest wait for a batch."`
	Count    uint16        `flow:"count,min=1" doc:"Most records of a batch."`
	Start    string        `flow:"start,one_of=first|last|stored" doc:"Where to begin."`
}

type fileInput struct {
	Paths       []dsl.Path `flow:"paths,required" doc:"The files."`
	MaxRows     int        `flow:"max_rows,min=1" doc:"Most rows."`
	MaxRecord   dsl.Size   `flow:"max_record,min=1B,max=1GiB" doc:"The longest record."`
	Compression string     `flow:"compression" one_of:"auto|none|gzip" doc:"How the files are compressed."`
}

type stdinConfig struct{}

type filterConfig struct {
	Condition dsl.Expression `flow:"condition,required,body" doc:"What is kept."`
}

type setConfig struct {
	Columns dsl.Map[dsl.Expression] `flow:"columns,required,body" doc:"The columns."`
}

type removeConfig struct {
	Columns []dsl.Text `flow:"columns,required,body" doc:"The columns."`
}

type dedupeConfig struct {
	Key    dsl.Expression `flow:"key,required" doc:"What is equal."`
	Window time.Duration  `flow:"window" doc:"How long a key is remembered."`
	Limit  int            `flow:"limit" doc:"Most keys."`
}

// Validate reports a window that is not above zero.
func (c dedupeConfig) Validate(at dsl.Node) (ds source.Diagnostics) {
	if c.Window <= 0 {
		ds = append(ds, source.Diagnostic{
			Code: "dedupe-window", Range: at.Field("window").Range, Found: "window is " + c.Window.String(),
			Expected: "a duration above zero", Fix: "write the longest time between two duplicates, such as `window: 1h`",
		})
	}
	return ds
}

type castConfig struct {
	Types     dsl.Map[schemas.Type] `flow:"types,required,body" doc:"The types."`
	OnFailure string                `flow:"on_failure,one_of=reject|null" doc:"What becomes of a value that does not fit."`
}

type switchCase struct {
	When       dsl.Expression  `flow:"when" doc:"The condition."`
	Processors []dsl.Component `flow:"processors,required" doc:"What its records go through."`
}

type switchConfig struct {
	Cases []switchCase `flow:"cases,required,body" doc:"The cases."`
}

type fileOutput struct {
	Path dsl.Path `flow:"path,required" doc:"The file."`
}

type catalogConfig struct {
	Type  string     `flow:"type,required,one_of=rest|sql" doc:"The kind of catalog."`
	URI   string     `flow:"uri,required" doc:"Where it is."`
	Token dsl.Secret `flow:"token" doc:"The token."`
}

type icebergConfig struct {
	Catalog   catalogConfig  `flow:"catalog,required" doc:"The catalog."`
	Route     dsl.Expression `flow:"route" doc:"The table of each row."`
	Table     *dsl.Text      `flow:"table" doc:"The table."`
	Ratio     float64        `flow:"ratio,min=0,max=1" doc:"A share."`
	Overwrite bool           `flow:"overwrite" doc:"Whether rows are replaced."`
}

type fanOut struct {
	Outputs []dsl.Component `flow:"outputs,required,kind=output" doc:"The outputs."`
}

// fakes are the components of these tests, with their defaults.
type fakes map[dsl.Kind]map[string]any

var components = fakes{
	dsl.Input: {
		"stdin": stdinConfig{}, "file": fileInput{MaxRows: 1000, MaxRecord: 1 << 20, Compression: "auto"},
		"iggy": iggyConfig{Address: "127.0.0.1:8090", Poll: time.Second, Count: 1000, Start: "stored"},
	},
	dsl.Processor: {
		"filter": filterConfig{}, "set": setConfig{}, "remove": removeConfig{}, "cast": castConfig{OnFailure: "reject"},
		"dedupe": dedupeConfig{Window: time.Hour, Limit: 1_000_000}, "switch": switchConfig{},
	},
	dsl.Output: {"stdout": stdinConfig{}, "file": fileOutput{}, "iceberg": icebergConfig{}, "fan_out": fanOut{}},
}

func (f fakes) Spec(kind dsl.Kind, name string) (*dsl.Spec, bool) {
	c, ok := f[kind][name]
	if !ok {
		return nil, false
	}
	bytes := slices.Contains([]string{"stdin", "file", "iggy", "stdout"}, name)
	return &dsl.Spec{Kind: kind, Name: name, Fields: dsl.FieldsOf(c), Short: dsl.ShortField(c), Bytes: bytes}, true
}

func (f fakes) SpecNames(kind dsl.Kind) []string { return slices.Sorted(maps.Keys(f[kind])) }

// decode decodes the config of c and of what is nested in it, as the engine does.
func (f fakes) decode(c dsl.Component, s *dsl.Scope) source.Diagnostics {
	defaults, ok := f[c.Kind][c.Name]
	if !ok {
		return nil
	}
	into := reflect.New(reflect.TypeOf(defaults))
	into.Elem().Set(reflect.ValueOf(defaults))
	ds := dsl.Decode(c.Body, into.Interface(), s)
	var nested []dsl.Component
	switch x := into.Interface().(type) {
	case *switchConfig:
		for _, k := range x.Cases {
			nested = append(nested, k.Processors...)
		}
	case *fanOut:
		nested = x.Outputs
	}
	for _, n := range nested {
		ds = append(ds, f.decode(n, s)...)
	}
	if c.Schema != nil {
		_, found := dsl.LoadSchema(c.Schema, s)
		ds = append(ds, found...)
	}
	return ds
}

// environment are the variables that the tests' documents see.
var environment = map[string]string{"HOST": "db.example", "EMPTY": "", "PORT": "8090", "WORD": "many", "PASSWORD": "hunter2"}

func lookup(name string) (string, bool) {
	v, ok := environment[name]
	return v, ok
}

// diagnose parses a document and decodes all of its components.
func diagnose(f *source.File, o dsl.Options, files map[string][]byte) (*dsl.Document, source.Diagnostics) {
	o.Specs, o.LookupEnv = components, lookup
	d, ds := dsl.Parse(f, "/documents", o)
	if d == nil {
		return nil, ds
	}
	d.Scope.ReadFile = func(path string) ([]byte, error) {
		data, ok := files[path]
		if !ok {
			return nil, &os.PathError{Op: "open", Path: path, Err: os.ErrNotExist}
		}
		return data, nil
	}
	all := append([]dsl.Component{d.Input}, d.Processors...)
	all = append(all, d.Output)
	if d.DeadLetter != nil {
		all = append(all, *d.DeadLetter)
	}
	for _, c := range all {
		ds = append(ds, components.decode(c, d.Scope)...)
	}
	ds.Sort()
	return d, ds
}
