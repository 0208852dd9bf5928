package iggy

import (
	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/expression"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// Validate reports what the types cannot.
func (c Config) Validate(at dsl.Node) source.Diagnostics {
	ds := c.Check(at)
	ds = append(ds, oneOf(at, "stream", "stream_route", c.Stream, c.StreamRoute)...)
	ds = append(ds, oneOf(at, "topic", "route", c.Topic, c.Route)...)
	if !c.Key.IsZero() && !c.Partition.IsZero() {
		ds = append(ds, source.Diagnostic{Code: "iggy-partition", Range: c.Partition.Range, Found: "both `key` and `partition`", Expected: "one of them", Fix: "remove one"})
	}
	for _, h := range c.Headers {
		if len(h.Key) == 0 || len(h.Key) > maxHeader || h.Key == originHeader {
			ds = append(ds, source.Diagnostic{Code: "iggy-header", Range: h.KeyRange, Found: "the header `" + h.Key + "`", Expected: "a name of 1 to 255 bytes other than " + originHeader})
		}
	}
	return ds
}

// oneOf reports a name that is given twice, or not at all.
func oneOf(at dsl.Node, fixed, routed string, name dsl.Text, route dsl.Expression) source.Diagnostics {
	place := at.KeyRange
	if place.IsZero() {
		place = at.Range
	}
	switch {
	case name.Value != "" && !route.IsZero():
		return source.Diagnostics{{Code: "iggy-target", Range: route.Range, Found: "both `" + fixed + "` and `" + routed + "`", Expected: "one of them", Fix: "remove `" + fixed + "` to choose it for each record, else `" + routed + "`"}}
	case name.Value == "" && route.IsZero():
		return source.Diagnostics{{Code: "iggy-target", Range: place, Found: "neither `" + fixed + "` nor `" + routed + "`", Expected: "one of them", Fix: "add `" + fixed + ": NAME`, or `" + routed + "` with an expression that names it"}}
	case len(name.Value) > maxHeader:
		return source.Diagnostics{{Code: "iggy-name", Range: name.Range, Found: "a name of more than 255 bytes", Expected: "1 to 255 bytes"}}
	}
	return nil
}

// Bind compiles the expressions: they must be deterministic, or a record that is read again goes elsewhere.
func (o *output) Bind(in engine.Shape) source.Diagnostics {
	var ds source.Diagnostics
	var exprs []dsl.Expression
	for _, e := range []struct {
		expr dsl.Expression
		kind schemas.Kind
		want string
		at   *int
	}{
		{o.config.StreamRoute, schemas.String, "a string that names a stream", &o.at.stream},
		{o.config.Route, schemas.String, "a string that names a topic", &o.at.topic},
		{o.config.Key, schemas.String, "a string", &o.at.key},
		{o.config.Partition, schemas.Int64, "a whole number", &o.at.partition},
	} {
		*e.at = -1
		if !e.expr.IsZero() {
			*e.at = len(exprs)
			exprs = append(exprs, e.expr)
		}
	}
	o.at.headers = len(exprs)
	for _, h := range o.config.Headers {
		exprs = append(exprs, h.Value)
	}
	o.release()
	if len(exprs) > 0 {
		program, found := o.env.Compile(in, exprs...)
		if ds = append(ds, found...); program == nil {
			return ds
		}
		ds = append(ds, o.checkTypes(program)...)
		if !ds.HasErrors() && !in.Columns.Open() {
			o.eval = program.NewEvaluator(o.env.Mem)
		}
	}
	return append(ds, o.bindPayload(in)...)
}

func (o *output) checkTypes(p *expression.Program) (ds source.Diagnostics) {
	check := func(at int, e dsl.Expression, want string, fits func(schemas.Kind) bool, fix string) {
		if at < 0 {
			return
		}
		if t := p.Result(at).Type; t.Kind != schemas.Unknown && !fits(t.Kind) {
			ds = append(ds, source.Diagnostic{Code: "iggy-type", Range: e.Range, Found: "the expression is " + t.String(), Expected: want, Fix: fix})
		}
	}
	text := func(k schemas.Kind) bool { return k == schemas.String }
	check(o.at.stream, o.config.StreamRoute, "a string that names a stream", text, "write `string("+o.config.StreamRoute.Source+")`")
	check(o.at.topic, o.config.Route, "a string that names a topic", text, "write `string("+o.config.Route.Source+")`")
	check(o.at.key, o.config.Key, "a string", text, "write `string("+o.config.Key.Source+")`")
	check(o.at.partition, o.config.Partition, "an int64", func(k schemas.Kind) bool { return k == schemas.Int64 }, "write `int("+o.config.Partition.Source+")`")
	for i, h := range o.config.Headers {
		check(o.at.headers+i, h.Value, "a boolean, number, string or binary", headerType, "write `string("+h.Value.Source+")`")
	}
	for _, r := range p.Nondeterministic() {
		ds = append(ds, source.Diagnostic{
			Code: "iggy-route", Range: r, Found: "an expression that may give another value when a record is read again after a crash",
			Expected: "an expression over the record alone", Fix: "use a time or a number of the record, such as meta.timestamp",
		})
	}
	return ds
}

// bindPayload finds what becomes the payload of a message.
func (o *output) bindPayload(in engine.Shape) source.Diagnostics {
	if in.Columns.Open() {
		return nil // lint alone binds to these
	}
	for _, f := range in.Columns.Fields() {
		if f.Type.Kind == schemas.Unknown {
			return nil
		}
	}
	encoder, err := o.env.Format.NewEncoder(in.Columns)
	if err != nil {
		return source.Diagnostics{{Code: "iggy-format", Range: o.env.Node.Range, Found: "the format " + o.env.Format.Name + " cannot hold these records: " + err.Error()}}
	}
	o.encoder = encoder
	return nil
}
