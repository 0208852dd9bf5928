package iceberg

import (
	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/engine"
)

// Config is what a document says under iceberg.
type Config struct {
	Catalog   Catalog        `flow:"catalog,required" doc:"Where tables are registered and where new ones are put."`
	Table     dsl.Text       `flow:"table" doc:"The table that all records go to, as namespace.table. Either this or route."`
	Route     dsl.Expression `flow:"route" doc:"An expression over the record that names the table it goes to, as namespace.table; a record without a name is rejected. Either this or table."`
	OnMissing string         `flow:"on_missing,one_of=create|fail|dead_letter" doc:"What becomes of records whose table does not exist: it is created with their columns, the pipeline stops, or they are rejected."`
	Evolve    string         `flow:"evolve,one_of=add|none" doc:"What becomes of columns that a table lacks: they are added to it, or records with a value there are rejected. Columns are matched by their exact names."`
	MaxTables int            `flow:"max_tables,min=1,max=100000" doc:"How many tables the output writes to at most; records for further ones are rejected."`
	Create    Create         `flow:"create" doc:"What tables are like that the output creates."`
	Write     Write          `flow:"write" doc:"How data files are written."`
}

// Catalog says which catalog knows the tables.
type Catalog struct {
	Type      dsl.Text `flow:"type,required" doc:"sql: a catalog in an embedded SQLite database, which other engines can open as a JDBC or SQL catalog named default. rest: a catalog that speaks the Iceberg REST protocol."`
	URI       dsl.Text `flow:"uri,required" doc:"Of sql: the database as sqlite:PATH, relative to the document; it is created when it is missing. Of rest: http://host:port/path or https, without /v1."`
	Warehouse dsl.Text `flow:"warehouse" doc:"Of sql: the folder for the files of new tables: a path, relative to the document, or file:///path. Of rest: what the catalog calls the warehouse, if it has several; it must put tables on a disk that is mounted here, at file://."`

	Token           dsl.Secret          `flow:"token" doc:"Of rest: bearer token. Either this or credential, or neither."`
	Credential      dsl.Secret          `flow:"credential" doc:"Of rest: client-id:client-secret, which are exchanged for tokens (OAuth2 client credentials)."`
	OAuth2ServerURI dsl.Text            `flow:"oauth2_server_uri" doc:"Where credential is exchanged; the catalog's own v1/oauth/tokens by default."`
	Scope           dsl.Text            `flow:"scope" doc:"Scope of the tokens; catalog by default."`
	Headers         dsl.Map[dsl.Secret] `flow:"headers" doc:"Of rest: headers of every request."`
	TLS             *TLS                `flow:"tls" doc:"Of rest with https: how the server proves who it is."`
}

// TLS says how the catalog's server proves who it is.
type TLS struct {
	CAFile     dsl.Path `flow:"ca_file" doc:"Certificates of the authorities that are trusted, in PEM; the system's by default."`
	ServerName dsl.Text `flow:"server_name" doc:"Name in the server's certificate; the host of the uri by default."`
}

// Create says what new tables are like.
type Create struct {
	FormatVersion int               `flow:"format_version,min=2,max=3" doc:"Version of the table format. A timestamp_ns keeps its nanoseconds in version 3; in version 2 they are cut to microseconds."`
	Properties    dsl.Map[dsl.Text] `flow:"properties" doc:"Table properties."`
}

// Write says how data files are written.
type Write struct {
	Compression    string   `flow:"compression,one_of=zstd|snappy|none" doc:"How pages are compressed."`
	Level          int      `flow:"level,min=1,max=22" doc:"Level of zstd: higher ones are smaller and slower."`
	RowGroupRows   int      `flow:"row_group_rows,min=1000,max=10000000" doc:"Most rows of a row group. Readers skip row groups; writers hold them in memory."`
	TargetFileSize dsl.Size `flow:"target_file_size,min=1MiB" doc:"A data file ends when it is about this long, or at a checkpoint."`
	MaxBuffer      dsl.Size `flow:"max_buffer,min=1MiB" doc:"About the memory that unfinished row groups of all tables may take; beyond it the largest ones end early."`
}

// Register adds the iceberg output to r.
func Register(r *engine.Registry) {
	engine.AddOutput(r, engine.OutputSpec[Config]{
		Name:    "iceberg",
		Summary: "Writes records to Apache Iceberg tables, exactly once.",
		Description: `Data files are Parquet. Rows become visible at a checkpoint, with one snapshot per table; the table property
` + "`iggy-flow.NAME`" + ` and the snapshot's summary keep the positions that the rows came from.

Types that Iceberg lacks widen: uint32 to long, uint64 to decimal(20,0), smaller integers to int; json is kept as text. A
record whose value does not fit its column is rejected: ` + "`column-type`, `column-range`, `null-in-required`" + `. A column whose name
differs from one of the table in case only is rejected as ` + "`column-case`" + `, since most engines cannot tell the two apart.`,
		Since:      "0.1.0",
		Defaults:   defaults,
		Guarantee:  engine.Transactional,
		Positioned: true,
		Conditions: []string{
			"The catalog commits atomically, and the disk or object store keeps what was synced.",
			"Nobody removes data files that no snapshot refers to yet (let orphan removal spare what is younger than the longest stop), or the table property `iggy-flow.NAME`.",
			"A table is not dropped and created again under its name: that is found, and stops the pipeline.",
		},
		Examples: []dsl.Example{
			{Title: "One table", Document: oneTable},
			{Title: "A table for each region", Document: routed},
		},
		New: newOutput,
	})
}

var defaults = Config{
	OnMissing: onMissingCreate,
	Evolve:    evolveAdd,
	MaxTables: 1000,
	Create:    Create{FormatVersion: 2},
	Write:     Write{Compression: "zstd", Level: 1, RowGroupRows: 131072, TargetFileSize: 512 << 20, MaxBuffer: 32 << 20},
}

// The values of on_missing and evolve that the code asks for.
const (
	onMissingCreate     = "create"
	onMissingFail       = "fail"
	onMissingDeadLetter = "dead_letter"

	evolveAdd = "add"
)

const oneTable = `name: orders-to-lake
input:
  file: orders.ndjson
  schema: {fields: {id: int64, region: string, total: double}}
output:
  iceberg:
    catalog: {type: sql, uri: "sqlite:lake/catalog.db", warehouse: lake/warehouse}
    table: shop.orders
`

const routed = `name: orders-by-region
input:
  file: orders.ndjson
  schema: {fields: {id: int64, region: string, total: double}}
output:
  iceberg:
    catalog: {type: sql, uri: "sqlite:lake/catalog.db", warehouse: lake/warehouse}
    route: '"shop.orders_" + lower(region)'
    create: {format_version: 2, properties: {owner: shop}}
    write: {target_file_size: 128MiB}
`
