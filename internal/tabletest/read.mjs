// Prints the live rows of an Iceberg table as NDJSON: node read.mjs METADATA.json [SQL over the views t and placed].
// placed is t with the row's place in the table: commit (a sequence number), file (within it), file_row_number. With
// FILE.csv behind the SQL the rows go there, as CSV without a header; further triples METADATA.json SQL FILE.csv may follow.
// Follows metadata -> manifest list -> manifests -> data files as the specification says; tables with delete files are refused.
import avro from 'avsc'
import fs from 'node:fs'
import { DuckDBInstance } from '@duckdb/node-api'

const local = (uri) => decodeURIComponent(uri.replace(/^file:\/\//, '').replace(/^file:/, ''))
const quoted = (text) => text.replaceAll("'", "''")
const long = avro.types.LongType.__with({
  fromBuffer: (b) => b.readBigInt64LE(), toBuffer: (n) => { const b = Buffer.alloc(8); b.writeBigInt64LE(BigInt(n)); return b },
  fromJSON: BigInt, toJSON: Number, isValid: (n) => typeof n === 'bigint', compare: (a, b) => (a < b ? -1 : a > b ? 1 : 0),
})
const records = (path) => new Promise((resolve, reject) => {
  const out = []
  avro.createFileDecoder(path, { parseHook: (schema) => avro.Type.forSchema(schema, { registry: { long } }) })
    .on('data', (r) => out.push(r)).on('end', () => resolve(out)).on('error', reject)
})

// open returns a connection with the views of one table, null when it has no rows.
const open = async (metadataPath) => {
  const metadata = JSON.parse(fs.readFileSync(metadataPath, 'utf8'))
  const snapshot = metadata.snapshots?.find((s) => s['snapshot-id'] === metadata['current-snapshot-id'])
  const files = []
  const places = [] // of files: name, sequence number of the commit, number
  let rows = 0n
  if (snapshot) {
    for (const m of await records(local(snapshot['manifest-list']))) {
      for (const e of await records(local(m.manifest_path))) {
        if (e.status === 2) continue
        if (e.data_file.content !== 0) throw new Error(`delete file ${e.data_file.file_path}`)
        files.push(local(e.data_file.file_path))
        places.push(`('${quoted(files.at(-1))}', ${e.sequence_number ?? m.sequence_number}, ${places.length})`)
        rows += BigInt(e.data_file.record_count)
      }
    }
  }
  if (files.length === 0) return null
  const db = await (await DuckDBInstance.create(':memory:')).connect()
  const names = files.map((f) => `'${quoted(f)}'`).join(',')
  await db.run(`set timezone='UTC'`)
  await db.run(`create view t as select * from read_parquet([${names}], union_by_name=true)`)
  await db.run(`create view placed as select p.* exclude (filename), f.commit, f.file
    from read_parquet([${names}], union_by_name=true, filename=true, file_row_number=true) p
    join (values ${places.join(',')}) f(name, commit, file) on p.filename = f.name`)
  const counted = (await (await db.runAndReadAll('select count(*) from t')).getRows())[0][0]
  if (counted !== rows) throw new Error(`the manifests count ${rows} rows and the data files hold ${counted}`)
  return db
}

const args = process.argv.slice(2)
do {
  const [metadataPath, sql = 'select * from t', csv] = args.splice(0, 3)
  const db = await open(metadataPath)
  if (csv) {
    if (db) await db.run(`copy (${sql}) to '${quoted(csv)}' (format csv, header false)`)
    else fs.writeFileSync(csv, '')
  } else if (db) {
    const result = await db.runAndReadAll(sql)
    process.stdout.write(result.getRowObjectsJson().map((row) => JSON.stringify(row) + '\n').join(''))
  }
} while (args.length > 0)
