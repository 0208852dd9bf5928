// Package dsl reads documents: YAML or TOML into one positioned tree, and the tree into components and their configs.
//
// [ParseTree] gives a [Node] that is the same for both formats. [Load] and [Parse] make a [Document] of it: vars,
// components, checkpoint. [Decode] fills a component's config struct, whose tags are its only description: [FieldsOf] reads
// the same tags for the reference and the editors. [LoadSchema] and [WriteSchema] read and write schema documents.
//
// Every finding is a [source.Diagnostic] at a range of the document. A syntax error is reported alone; from a clean parse
// on, all findings are reported at once. A secret occurs in none of them.
package dsl
