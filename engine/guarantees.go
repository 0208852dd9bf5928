package engine

import (
	"fmt"
	"strings"

	"github.com/iggy-flow/iggy-flow/dsl"
)

// promiseText is what a promise means, and what it needs beside what every promise needs.
type promiseText struct {
	delivery    Delivery
	means, from string
	needs       []string
}

// promiseTexts has the promises, strongest first.
var promiseTexts = []promiseText{
	{ExactlyOnce, "every record is visible in its target once", "inputs that can be read again, and transactional outputs", []string{
		"The target changes rows and positions in one step, and readers see only what is committed.",
		"Behind shared splits: targets that keep positions, processors that make the same of a record each time, and a declared schema.",
	}},
	{EffectivelyOnce, "a record may be sent twice, and its target drops the repeat", "inputs that can be read again, and idempotent outputs", []string{
		"The target keeps the ids of records for as long as they may be sent again.",
		"Processors make the same of a record each time, so that the repeat is one.",
	}},
	{AtLeastOnce, "no record is lost; after a crash some are there twice", "inputs that can be read again", []string{
		"The target has what it confirmed.",
	}},
	{BestEffort, "after a crash records may be missing, or there twice", "any input", nil},
}

// everyPromise is what every promise needs; but for best_effort it is all that stands between a crash and a loss.
var everyPromise = []string{
	"The input keeps records until they are committed: files stay, topics retain.",
	"The state directory survives, or the targets do: without state, `--adopt` goes on from the positions that targets keep. Behind shared splits the targets are enough.",
	"The document keeps its `name`, and its input is the same source. What else changes in it holds for the records that come later.",
	"Disks keep what they were told to sync. A disk or a virtual machine that lies about it can lose what was committed.",
	"One process runs the document at a time, but for replicas that share splits. A second one with the same state directory is refused; one without it is found by what the targets keep.",
}

// Guarantees writes what documents promise, out of what the components of r declare: the text of docs/guarantees.md.
func (r *Registry) Guarantees() string {
	var b strings.Builder
	b.WriteString("# Guarantees\n\nWhat becomes of a record when the process dies, the machine loses power or a server goes away. A document promises what its\n" +
		"weakest component gives: `iggy-flow lint --explain` and `iggy-flow graph` name it and say how to raise the promise. `delivery:`\n" +
		"in a document is a requirement: a document that gives less is refused. Nothing is dropped in silence under any of them.\n\n" +
		"## Promises\n\n| promise | means | needs |\n|---|---|---|\n")
	for _, t := range promiseTexts {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", t.delivery, t.means, t.from)
	}
	b.WriteString("\n## Preconditions\n\n| promise | holds while |\n|---|---|\n")
	fmt.Fprintf(&b, "| every one | %s |\n", cell(everyPromise))
	for _, t := range promiseTexts {
		if len(t.needs) > 0 {
			fmt.Fprintf(&b, "| `%s` | %s |\n", t.delivery, cell(t.needs))
		}
	}
	b.WriteString("\nThe preconditions of each component are in the tables below.\n\n## Rules\n\n" + rulesText)
	r.guaranteeTables(&b)
	return b.String()
}

const rulesText = `- The promise of a document is the weakest of its input, its processors and its output; of merged inputs the weakest counts.
- *Fixed splits* belong to one process, and the state directory says where it goes on. *Shared splits* are divided among
  replicas by the source, as by a consumer group, and the targets say where each one goes on. A document has inputs of one
  kind.
- Behind shared splits only outputs whose targets keep positions give ` + "`exactly_once`" + `; ` + "`file`" + ` gives ` + "`at_least_once`" + `, and its paths need
  ` + "`{replica}`" + `. Processors with state are refused there.
- What may make something else of a record that is read again lowers the promise to ` + "`at_least_once`" + ` behind shared splits and in
  front of idempotent outputs: ` + "`now()`, `random()`" + ` and processors that say so below. Elsewhere it does not matter: what a
  transactional output did not commit, nobody has seen.
- Behind shared splits a schema that is inferred is such a thing, too: each replica would infer its own.
- The dead letter has a promise of its own, which is shown beside the document's and does not lower it.

`

func (r *Registry) guaranteeTables(b *strings.Builder) {
	b.WriteString("## Inputs\n\n| input | after a crash | splits | holds while |\n|---|---|---|---|\n")
	for _, name := range r.SpecNames(dsl.Input) {
		c := r.components[dsl.Input][name].class
		again, splits, holds := "read again from the last checkpoint", "fixed", cell(c.conditions)
		switch {
		case c.combines:
			again, splits, holds = "as its inputs", "as its inputs", "as its inputs"
		case c.replay == Once:
			again = "what was read is gone"
		case c.splits == SharedSplits:
			splits = "fixed or shared, as the document says"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", refer(dsl.Input, name), again, splits, holds)
	}
	b.WriteString("\n## Processors\n\n| processor | makes the same of a record each time | state |\n|---|---|---|\n")
	for _, name := range r.SpecNames(dsl.Processor) {
		c := r.components[dsl.Processor][name].class
		same, state := "yes, as its expressions do", "none"
		if c.varies {
			same = "no"
		}
		if c.stateful {
			state = "in the checkpoint"
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", refer(dsl.Processor, name), same, state)
	}
	b.WriteString("\n## Outputs\n\n| output | class | behind shared splits | holds while |\n|---|---|---|---|\n")
	for _, name := range r.SpecNames(dsl.Output) {
		c := r.components[dsl.Output][name].class
		fmt.Fprintf(b, "| %s | %s | `%s` | %s |\n", refer(dsl.Output, name), c.guarantee, c.behindShared(), cell(c.conditions))
	}
}

// behindShared is the most that an output gives behind shared splits.
func (c class) behindShared() Delivery {
	switch {
	case c.guarantee == Idempotent:
		return EffectivelyOnce
	case c.positioned:
		return ExactlyOnce
	default:
		return AtLeastOnce
	}
}

func refer(k dsl.Kind, name string) string {
	return "[`" + name + "`](reference/" + k.String() + "-" + name + ".md)"
}

// cell writes sentences into one cell of a table.
func cell(sentences []string) string { return strings.Join(sentences, "<br>") }
