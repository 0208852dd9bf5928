// Prints the live rows of an Iceberg table as NDJSON: node read.mjs METADATA.json [SQL over the view t].
// Follows metadata -> manifest list -> manifests -> data files as the specification says; tables with delete files are refused.
import avro from 'avsc'
import fs from 'node:fs'
import { DuckDBInstance } from '@duckdb/node-api'

const [metadataPath, sql = 'select * from t'] = process.argv.slice(2)
const local = (uri) => decodeURIComponent(uri.replace(/^file:\/\//, '').replace(/^file:/, ''))
const long = avro.types.LongType.__with({
  fromBuffer: (b) => b.readBigInt64LE(), toBuffer: (n) => { const b = Buffer.alloc(8); b.writeBigInt64LE(BigInt(n)); return b },
  fromJSON: BigInt, toJSON: Number, isValid: (n) => typeof n === 'bigint', compare: (a, b) => (a < b ? -1 : a > b ? 1 : 0),
})
const records = (path) => new Promise((resolve, reject) => {
  const out = []
  avro.createFileDecoder(path, { parseHook: (schema) => avro.Type.forSchema(schema, { registry: { long } }) })
    .on('data', (r) => out.push(r)).on('end', () => resolve(out)).on('error', reject)
})
const metadata = JSON.parse(fs.readFileSync(metadataPath, 'utf8'))
const snapshot = metadata.snapshots?.find((s) => s['snapshot-id'] === metadata['current-snapshot-id'])
const files = []
let rows = 0n
if (snapshot) {
  for (const m of await records(local(snapshot['manifest-list']))) {
    for (const e of await records(local(m.manifest_path))) {
      if (e.status === 2) continue
      if (e.data_file.content !== 0) throw new Error(`delete file ${e.data_file.file_path}`)
      files.push(local(e.data_file.file_path))
      rows += BigInt(e.data_file.record_count)
    }
  }
}
if (files.length === 0) process.exit(0)
const db = await (await DuckDBInstance.create(':memory:')).connect()
const names = files.map((f) => `'${f.replaceAll("'", "''")}'`).join(',')
await db.run(`set timezone='UTC'`)
await db.run(`create view t as select * from read_parquet([${names}], union_by_name=true)`)
const counted = (await (await db.runAndReadAll('select count(*) from t')).getRows())[0][0]
if (counted !== rows) throw new Error(`the manifests count ${rows} rows and the data files hold ${counted}`)
const result = await db.runAndReadAll(sql)
process.stdout.write(result.getRowObjectsJson().map((row) => JSON.stringify(row) + '\n').join(''))
