package ledger

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/iggy-flow/iggy-flow/internal/tabletest"
)

// ReadTables adds the rows of every table of an embedded catalog to l, each table's in the order of its commits. Neither
// iceberg-go nor code of ours reads them.
func ReadTables(t testing.TB, catalog string, l *Ledger) {
	t.Helper()
	const query = "select key, seq, note, sum from placed order by commit, file, file_row_number"
	for name, path := range tabletest.Export(t, tabletest.Tables(t, catalog), query, t.TempDir()) {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		rows := csv.NewReader(bufio.NewReaderSize(f, 1<<20))
		rows.ReuseRecord = true
		for {
			row, err := rows.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			l.Found(name, Record{Key: number(row[0]), Seq: number(row[1]), Note: row[2], Sum: number(row[3])})
		}
		if err := errors.Join(f.Close(), os.Remove(path)); err != nil {
			t.Fatal(err)
		}
	}
}

// number is -1 for what is none, which no record has.
func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// eachLine calls f with every line of the files that match pattern, in the order of their names.
func eachLine(t testing.TB, pattern string, f func(file string, line []byte)) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(file)
		for lines.Scan() {
			f(path, lines.Bytes())
		}
		if err := errors.Join(lines.Err(), file.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// ReadLines adds the lines of NDJSON files, in the order of their names, to l. A line that is no record is corrupted.
func ReadLines(t testing.TB, pattern string, l *Ledger) {
	t.Helper()
	eachLine(t, pattern, func(file string, line []byte) {
		r := Record{Sum: -1}
		if err := json.Unmarshal(line, &r); err != nil {
			r.Sum = -1 // no record has it
		}
		l.Found(filepath.Base(file), r)
	})
}

// ReadDead adds the dead letters of s in NDJSON files to l, which expects one key: broken line i is its record i.
func ReadDead(t testing.TB, pattern string, s Source, l *Ledger) {
	t.Helper()
	eachLine(t, pattern, func(file string, line []byte) {
		var letter struct {
			Ordinal int64  `json:"ordinal"`
			Raw     string `json:"raw"`
		}
		err := json.Unmarshal(line, &letter)
		seq := int64(-1) // invented
		if (letter.Ordinal+1)%s.Broken == 0 {
			seq = letter.Ordinal / s.Broken
		}
		r := NewRecord(0, seq)
		if err != nil || letter.Raw != brokenLine {
			r.Sum = -1 // corrupted
		}
		l.Found(filepath.Base(file), r)
	})
}
