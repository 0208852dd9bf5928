package lint

import (
	"strings"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
)

// literalSecrets warns of secrets that stand in the document itself: it is shown, copied and kept in version control.
func literalSecrets(p *engine.Plan) (ds source.Diagnostics) {
	for _, n := range p.Nodes() {
		ds = append(ds, secretsIn(n.Component.Body, n.Spec.Fields)...)
	}
	return ds
}

func secretsIn(n *dsl.Node, fields []dsl.FieldSpec) (ds source.Diagnostics) {
	for _, f := range fields {
		at := n.Lookup(f.Name)
		switch {
		case at == nil:
		case f.Secret && at.Kind == dsl.ScalarNode && at.Text != "" && !strings.Contains(at.Text, "${"):
			ds = append(ds, source.Diagnostic{
				Code: "literal-secret", Severity: source.Warning, Range: at.Range, Found: "`" + f.Name + "` stands in the document in clear",
				Fix: "put it into the environment, `${" + strings.ToUpper(f.Name) + "}`, or into a file, `${file:/run/secrets/" + f.Name + "}`",
			})
		default:
			ds = append(ds, secretsIn(at, f.Fields)...)
		}
	}
	return ds
}
