package expression

import (
	"time"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/schemas"
)

func buildNow(c *checker, _ *call) *node { return c.make(opNow, typeInstant, nil) }

// timeLayouts are what date() tries, in this order.
var timeLayouts = []string{
	"2006-01-02", "15:04:05", "2006-01-02 15:04:05", time.RFC3339, time.RFC822, time.RFC850, time.RFC1123,
}

// dateForm is how date() reads a text.
type dateForm struct {
	layout string // "" tries timeLayouts
	zone   *time.Location
}

func (f dateForm) key() string {
	if f.zone == nil {
		return f.layout
	}
	return f.layout + "|" + f.zone.String()
}

func buildDate(c *checker, k *call) *node {
	if n, ok := c.anyNil(k, typeInstant); ok {
		return n
	}
	var form dateForm
	if len(k.args) > 2 {
		zone, n := c.zone(k, 2)
		if zone == nil {
			return n
		}
		form.zone = zone
	}
	if len(k.args) > 1 {
		if !k.args[1].isConst() || k.args[1].typ.Kind != schemas.String {
			return c.apply(opDateRows, typeInstant, form, c.textOf(k.args[0]), c.textOf(k.args[1]))
		}
		form.layout = k.args[1].value.(string)
	}
	return c.apply(opDate, typeInstant, form, c.textOf(k.args[0]))
}

// zone is the time zone that operand i names, a constant.
func (c *checker) zone(k *call, i int) (*time.Location, *node) {
	a := k.args[i]
	if !a.isConst() || a.typ.Kind != schemas.String {
		return nil, c.report(k.trees[i], source.Diagnostic{
			Found: "a time zone that is computed", Expected: "a name in quotes, such as \"Europe/Berlin\"",
		})
	}
	zone, err := time.LoadLocation(a.value.(string))
	if err != nil || a.value == "Local" {
		return nil, c.report(k.trees[i], source.Diagnostic{
			Code: "invalid-literal", Found: "the time zone " + c.text(k.trees[i]), Expected: "a name of the IANA database, such as \"Europe/Berlin\" or \"UTC\"",
		})
	}
	return zone, nil
}

func buildZone(c *checker, k *call) *node {
	zone, n := c.zone(k, 0)
	if zone == nil {
		return n
	}
	return c.make(opConst, schemas.Of(kindZone), zoneValue{zone})
}

// zoneValue is a time zone as a constant.
type zoneValue struct{ *time.Location }

func (z zoneValue) key() string { return z.String() }
