package enginetest

import (
	"math/rand/v2"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/schemas"
)

// OrdersSchema is the record that tests use where any will do.
func OrdersSchema() *schemas.Schema {
	return schemas.New(
		schemas.Field{Name: "id", Type: schemas.Of(schemas.Int64), Required: true},
		schemas.Field{Name: "status", Type: schemas.Of(schemas.String)},
		schemas.Field{Name: "total", Type: schemas.Of(schemas.Double)},
		schemas.Field{Name: "quantity", Type: schemas.Of(schemas.Int32)},
		schemas.Field{Name: "price", Type: schemas.DecimalOf(10, 2)},
		schemas.Field{Name: "ts", Type: schemas.Of(schemas.Timestamp)},
		schemas.Field{Name: "gift", Type: schemas.Of(schemas.Bool)},
		schemas.Field{Name: "tags", Type: schemas.ListOf(schemas.Of(schemas.String))},
		schemas.Field{Name: "customer", Type: schemas.StructOf(
			schemas.Field{Name: "name", Type: schemas.Of(schemas.String)},
			schemas.Field{Name: "country", Type: schemas.Of(schemas.String)},
		)},
	)
}

// Orders makes rows records of OrdersSchema, the same at every call: about a third is paid, and totals lie between 0 and
// 200. The caller owns the batch.
func Orders(t TB, rows int) *engine.Batch {
	r := &random{Rand: rand.New(rand.NewPCG(1, 2)), nulls: 0.05, texts: []string{"paid", "open", "cancelled"}, scale: 200}
	return r.batch(allocator(t), OrdersSchema(), engine.Records("test", 0, rows, nil))
}
