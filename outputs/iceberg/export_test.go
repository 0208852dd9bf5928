package iceberg

import (
	"github.com/apache/iceberg-go/catalog"

	"github.com/iggy-flow/iggy-flow/engine"
)

// New and Defaults let tests build outputs without a document.
var (
	New      = newOutput
	Defaults = defaults
)

// Wrap stands between an output that is not open yet and its catalog.
func Wrap(o engine.Output, f func(catalog.Catalog) catalog.Catalog) { o.(*output).wrap = f }
