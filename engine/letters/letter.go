package letters

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Letter is one line of a dead letter.
type Letter struct {
	Pipeline  string          `json:"pipeline"`
	Document  string          `json:"document"`
	Component string          `json:"component"`
	Class     string          `json:"class"`
	Code      string          `json:"code"`
	Error     string          `json:"error"`
	At        string          `json:"at"`
	Split     string          `json:"split"`
	Ordinal   int64           `json:"ordinal"`
	Attempts  int             `json:"attempts"`
	FirstTime time.Time       `json:"first_time"`
	Time      time.Time       `json:"time"`
	Meta      json.RawMessage `json:"meta"`
	Record    json.RawMessage `json:"record"`
	Text      *string         `json:"raw"`
	Base64    *string         `json:"raw_base64"`
	Cut       bool            `json:"raw_cut"`
}

// Parse reads a line.
func Parse(line []byte) (*Letter, error) {
	l := &Letter{}
	if err := json.Unmarshal(line, l); err != nil {
		return nil, fmt.Errorf("no dead letter: %w", err)
	}
	if l.Component == "" || l.Code == "" || l.Time.IsZero() {
		return nil, errors.New("no dead letter: it has no component, code or time")
	}
	if null(l.Meta) {
		l.Meta = nil
	}
	if null(l.Record) {
		l.Record = nil
	}
	return l, nil
}

func null(m json.RawMessage) bool { return string(m) == "null" }

// Raw returns the bytes of the record; nil where the letter has none.
func (l *Letter) Raw() ([]byte, error) {
	switch {
	case l.Text != nil:
		return []byte(*l.Text), nil
	case l.Base64 != nil:
		raw, err := base64.StdEncoding.DecodeString(*l.Base64)
		if err != nil {
			return nil, fmt.Errorf("raw_base64 of record %d of %s: %w", l.Ordinal, l.Split, err)
		}
		return raw, nil
	default:
		return nil, nil
	}
}

// Selection says which letters are meant. Its zero value means all.
type Selection struct {
	Component string    `json:"component,omitzero"` // its path
	Code      string    `json:"code,omitzero"`
	Class     string    `json:"class,omitzero"`
	Since     time.Time `json:"since,omitzero"` // of the rejection, included
	Until     time.Time `json:"until,omitzero"` // of the rejection, excluded
}

// Takes reports whether l is meant.
func (s Selection) Takes(l *Letter) bool {
	return (s.Component == "" || s.Component == l.Component) &&
		(s.Code == "" || s.Code == l.Code) &&
		(s.Class == "" || s.Class == l.Class) &&
		(s.Since.IsZero() || !l.Time.Before(s.Since)) &&
		(s.Until.IsZero() || l.Time.Before(s.Until))
}
