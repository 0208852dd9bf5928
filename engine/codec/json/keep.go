package json

import "github.com/iggy-flow/iggy-flow/schemas"

// keep makes a field that the schema lacks a column, as its value has it: rows before have null there, and later values
// must fit. Nulls, empty objects and empty arrays say nothing and are passed over. A record that fails in the end takes
// its columns with it.
func (d *decoder) keep(x *column, i int, p pointer) pointer {
	if d.root.known >= maxColumns {
		return d.fail(codeUnknown, nil, nil, x.name)
	}
	d.unique = true
	end := d.skip(p, x.depth)
	d.unique = false
	if end == nil {
		return nil
	}
	var shape schemas.Shape
	d.observe(&shape, p)
	t, ok := shape.Type()
	if !ok {
		d.unknowns++
		return end
	}
	field := schemas.Field{Name: x.name, Type: t}
	c := x
	if c == d.root.other {
		c = newColumn(field, nil, x.depth)
		c.seen = x.seen
	} else {
		c.define(field)
		d.root.learnt--
	}
	d.root.append(c)
	c.begin(&d.options, d.rows)
	d.added = append(d.added, c)
	for row := range i {
		c.null(row)
	}
	return d.value(c, i, p)
}

// maxColumns is up to how many columns keep adds: the keys of wider records are data.
const maxColumns = 10_000

// withdraw takes back a column that the failed record added: it stands for a name that the schema lacks again.
func (d *decoder) withdraw(c *column) {
	c.release()
	o := d.root
	o.known--
	o.learnt++
	o.columns = o.columns[:o.known]
	if o.known > 0 {
		o.columns[o.known-1].next = o.columns[0]
	} else {
		o.first = o.other
	}
	*c = column{key: c.key, name: c.name, depth: c.depth}
	c.next = c
}

// forget drops the strangers that were learnt, and all that was learnt of the order of keys.
func (o *object) forget() {
	o.names, o.recent, o.learnt, o.first = table{}, newRecent(o.known), 0, o.other
	for i, c := range o.columns {
		c.next = o.columns[(i+1)%o.known]
		o.names.add(c, i+1)
	}
	if o.known > 0 {
		o.first = o.columns[0]
	}
}
