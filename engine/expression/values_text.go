package expression

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// String is the date as in 2006-01-02.
func (d civilDate) String() string { return time.Unix(int64(d)*86400, 0).UTC().Format("2006-01-02") }

// String is the time of day as in 15:04:05.999999.
func (c clockTime) String() string { return time.UnixMicro(int64(c)).UTC().Format("15:04:05.999999") }

// String is the uuid in its usual form.
func (id identifier) String() string {
	var b [36]byte
	hex.Encode(b[:8], id[:4])
	hex.Encode(b[9:13], id[4:6])
	hex.Encode(b[14:18], id[6:8])
	hex.Encode(b[19:23], id[8:10])
	hex.Encode(b[24:], id[10:])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

func parseIdentifier(s string) (id identifier, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return id, false
	}
	b, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	if err != nil || len(b) != 16 {
		return id, false
	}
	return identifier(b), true
}

// textValue reads the value that a text in a document stands for.
func textValue(s string, t schemas.Type) (any, bool) {
	switch t.Kind {
	case schemas.String:
		return s, true
	case schemas.JSON:
		return rawJSON(s), true
	case schemas.Binary:
		return []byte(s), true
	case schemas.UUID:
		id, ok := parseIdentifier(s)
		return id, ok
	case schemas.Decimal:
		d, err := decimalOfText(s)
		if err != nil {
			return nil, false
		}
		d, ok := rescaled(d, int32(t.Scale))
		return d, ok
	case schemas.Date:
		at, err := time.Parse("2006-01-02", s)
		return civilDate(floorDiv(at.Unix(), 86400)), err == nil
	case schemas.Time:
		at, err := time.Parse("15:04:05", s)
		return clockTime((at.UnixMicro() - time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro())), err == nil
	case schemas.Timestamp, schemas.TimestampNS:
		at, err := time.Parse(time.RFC3339, s)
		return at.UTC(), err == nil
	case schemas.LocalTimestamp:
		at, err := time.Parse("2006-01-02T15:04:05", s)
		return at, err == nil
	}
	return nil, false
}

func formatFloat(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}
