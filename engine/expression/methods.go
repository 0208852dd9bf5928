package expression

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// method is a function of a value that is called as x.Name(...): those of Go's time.Time and time.Duration.
type method struct {
	params []class
	result schemas.Type // of kind Unknown: the type of x
	// of computes the method; zone is where the parts of an instant are read.
	of func(x time.Time, args []any) any
	// on computes a method of a duration, month or weekday.
	on func(x any, args []any) any
}

// zoned is the zone that the parts of an instant are read in, as the value of a node.
type zoned struct {
	zone   *time.Location
	layout string
	grain  int64 // see grain
}

func (z zoned) key() string {
	if z.zone == nil {
		return z.layout
	}
	return z.zone.String() + "|" + z.layout
}

// instantMethods are those of time.Time that make sense on a column.
var instantMethods = map[string]method{
	"Year":       {result: typeInt, of: func(x time.Time, _ []any) any { return x.Year() }},
	"Month":      {result: schemas.Of(kindMonth), of: func(x time.Time, _ []any) any { return x.Month() }},
	"Day":        {result: typeInt, of: func(x time.Time, _ []any) any { return x.Day() }},
	"Hour":       {result: typeInt, of: func(x time.Time, _ []any) any { return x.Hour() }},
	"Minute":     {result: typeInt, of: func(x time.Time, _ []any) any { return x.Minute() }},
	"Second":     {result: typeInt, of: func(x time.Time, _ []any) any { return x.Second() }},
	"Nanosecond": {result: typeInt, of: func(x time.Time, _ []any) any { return x.Nanosecond() }},
	"Weekday":    {result: schemas.Of(kindWeekday), of: func(x time.Time, _ []any) any { return x.Weekday() }},
	"YearDay":    {result: typeInt, of: func(x time.Time, _ []any) any { return x.YearDay() }},
	"Unix":       {result: typeInt, of: func(x time.Time, _ []any) any { return int(x.Unix()) }},
	"UnixMilli":  {result: typeInt, of: func(x time.Time, _ []any) any { return int(x.UnixMilli()) }},
	"UnixMicro":  {result: typeInt, of: func(x time.Time, _ []any) any { return int(x.UnixMicro()) }},
	"UnixNano":   {result: typeInt, of: func(x time.Time, _ []any) any { return int(x.UnixNano()) }},
	"IsZero":     {result: typeBool, of: func(x time.Time, _ []any) any { return x.IsZero() }},
	"String":     {result: typeString, of: func(x time.Time, _ []any) any { return x.String() }},
	"Format":     {params: []class{aText}, result: typeString, of: func(x time.Time, a []any) any { return x.Format(a[0].(string)) }},
	"After":      {params: []class{anInstant}, result: typeBool, of: func(x time.Time, a []any) any { return x.After(a[0].(time.Time)) }},
	"Before":     {params: []class{anInstant}, result: typeBool, of: func(x time.Time, a []any) any { return x.Before(a[0].(time.Time)) }},
	"Equal":      {params: []class{anInstant}, result: typeBool, of: func(x time.Time, a []any) any { return x.Equal(a[0].(time.Time)) }},
	"Compare":    {params: []class{anInstant}, result: typeInt, of: func(x time.Time, a []any) any { return x.Compare(a[0].(time.Time)) }},
	"Sub":        {params: []class{anInstant}, result: typeDuration, of: func(x time.Time, a []any) any { return x.Sub(a[0].(time.Time)) }},
	"Add":        {params: []class{aDuration}, of: func(x time.Time, a []any) any { return x.Add(a[0].(time.Duration)) }},
	"AddDate": {params: []class{aWhole, aWhole, aWhole}, of: func(x time.Time, a []any) any {
		return x.AddDate(a[0].(int), a[1].(int), a[2].(int))
	}},
	"Truncate": {params: []class{aDuration}, of: func(x time.Time, a []any) any { return x.Truncate(a[0].(time.Duration)) }},
	"Round":    {params: []class{aDuration}, of: func(x time.Time, a []any) any { return x.Round(a[0].(time.Duration)) }},
	"UTC":      {of: func(x time.Time, _ []any) any { return x.UTC() }},
	"In":       {params: []class{aZone}, of: func(x time.Time, a []any) any { return x }},
}

// durationMethods are those of time.Duration.
var durationMethods = map[string]method{
	"Hours":        {result: typeDouble, on: func(x any, _ []any) any { return x.(time.Duration).Hours() }},
	"Minutes":      {result: typeDouble, on: func(x any, _ []any) any { return x.(time.Duration).Minutes() }},
	"Seconds":      {result: typeDouble, on: func(x any, _ []any) any { return x.(time.Duration).Seconds() }},
	"Milliseconds": {result: typeInt, on: func(x any, _ []any) any { return int(x.(time.Duration).Milliseconds()) }},
	"Microseconds": {result: typeInt, on: func(x any, _ []any) any { return int(x.(time.Duration).Microseconds()) }},
	"Nanoseconds":  {result: typeInt, on: func(x any, _ []any) any { return int(x.(time.Duration).Nanoseconds()) }},
	"String":       {result: typeString, on: func(x any, _ []any) any { return x.(time.Duration).String() }},
	"Abs":          {on: func(x any, _ []any) any { return x.(time.Duration).Abs() }},
	"Round":        {params: []class{aDuration}, on: func(x any, a []any) any { return x.(time.Duration).Round(a[0].(time.Duration)) }},
	"Truncate":     {params: []class{aDuration}, on: func(x any, a []any) any { return x.(time.Duration).Truncate(a[0].(time.Duration)) }},
}

// nameMethods are those of time.Month and time.Weekday.
var nameMethods = map[string]method{
	"String": {result: typeString, on: func(x any, _ []any) any { return fmt.Sprint(x) }},
}

// methodsOf are the methods of a type; nil when it has none.
func methodsOf(t schemas.Type) map[string]method {
	switch {
	case t.Kind.Instant() || t.Kind == schemas.Date:
		return instantMethods
	case t.Kind == kindDuration:
		return durationMethods
	case t.Kind == kindMonth || t.Kind == kindWeekday:
		return nameMethods
	}
	return nil
}

func methodOf(t schemas.Type, name string) (method, bool) {
	m, ok := methodsOf(t)[name]
	return m, ok
}

// method checks x.Name(...).
func (c *checker) method(t *ast.CallNode, m *ast.MemberNode) *node {
	name, named := m.Property.(*ast.StringNode)
	base := c.check(m.Node)
	if isBad(base.typ) {
		return base
	}
	k := &call{tree: t, trees: t.Arguments}
	for _, a := range t.Arguments {
		k.args = append(k.args, c.check(a))
	}
	if anyBad(k.args...) {
		return c.badNode()
	}
	if !named {
		return c.report(m, source.Diagnostic{Code: "unknown-function", Found: "a call of `" + c.text(m) + "`, which is no function"})
	}
	k.name = name.Value
	if base.typ.Kind == schemas.Unknown {
		return c.unknown(typeUnknown, append(k.args, base)...)
	}
	method, ok := methodOf(base.typ, name.Value)
	if !ok {
		return c.noMethod(m, base, name)
	}
	if len(k.args) != len(method.params) {
		return c.report(t, source.Diagnostic{
			Code:  "wrong-arguments",
			Found: fmt.Sprintf("`%s` with %s", k.name, counted(len(k.args), "operand")), Expected: counted(len(method.params), "operand"),
		})
	}
	for i, a := range k.args {
		if a.typ.Kind != schemas.Null && a.typ.Kind != schemas.Unknown && !method.params[i].has(a.typ) {
			return c.wrongOperand(k, i, classNames[method.params[i]])
		}
	}
	return c.methodNode(k, base, method)
}

func (c *checker) noMethod(m *ast.MemberNode, base *node, name *ast.StringNode) *node {
	known := slices.Sorted(maps.Keys(methodsOf(base.typ)))
	d := unknownName("unknown-function", fmt.Sprintf("%s, which has no `%s()`", c.subject(m.Node, base), name.Value), "one of", name.Value, known)
	for _, n := range known {
		if strings.EqualFold(n, name.Value) {
			d.Fix = "write `" + n + "`"
		}
	}
	if _, isFunction := c.functions[name.Value]; isFunction && d.Fix == "" {
		d.Fix = fmt.Sprintf("write `%s(%s)`", name.Value, c.text(m.Node))
	}
	if base.typ.Kind == schemas.String && instantMethods[name.Value].of != nil && d.Fix == "" {
		d.Fix = fmt.Sprintf("write `date(%s).%s(...)`", c.text(m.Node), name.Value)
	}
	return c.report(m.Property, d)
}

func (c *checker) methodNode(k *call, base *node, m method) *node {
	if base.typ.Kind == schemas.Date {
		base = c.convert(base, typeInstant)
	}
	result := m.result
	if result.Kind == schemas.Unknown {
		result = base.typ
	}
	args := append([]*node{base}, k.args...)
	if n, ok := c.anyNil(&call{args: args}, result); ok {
		return n
	}
	if anyUnknown(args...) {
		return c.unknown(result, args...)
	}
	if m.on != nil {
		return c.apply(onOperation(k.name, m), result, nil, args...)
	}
	zone := base.zone()
	switch k.name {
	case "In":
		return c.make(opZoned, base.typ, zoned{zone: k.args[0].value.(zoneValue).Location}, base)
	case "UTC":
		return c.make(opZoned, base.typ, zoned{zone: time.UTC}, base)
	case "Sub":
		return c.apply(opInstantSubtract, typeDuration, nil, args...)
	case "Format":
		if k.args[0].isConst() && isTextual(k.args[0].typ) {
			layout := k.args[0].value.(string)
			return c.apply(opFormat, typeString, zoned{zone: zone, layout: layout, grain: grain(layout, zone)}, base)
		}
		args[1] = c.textOf(args[1])
	}
	if whole, ok := wholePart(k.name); ok && (zone == nil || zone == time.UTC) {
		return c.apply(whole, result, nil, base)
	}
	n := c.apply(ofOperation(k.name, m), result, zoned{zone: zone}, args...)
	if result.Kind.Instant() && zone != nil {
		return c.make(opZoned, n.typ, zoned{zone: zone}, n)
	}
	return n
}

// zone is where the parts of an instant are read; nil is UTC.
func (n *node) zone() *time.Location {
	switch n.op.is {
	case isZoned:
		return n.value.(zoned).zone
	case isHold:
		return n.args[0].zone()
	}
	return nil
}
