package payload

import (
	"fmt"
	"slices"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// Name is the column that the record's bytes are in.
const Name = "payload"

// Schema is the one of records that are a value of kind k.
func Schema(k schemas.Kind) *schemas.Schema {
	return schemas.New(schemas.Field{Name: Name, Type: schemas.Of(k)})
}

// Check refuses schemas other than one column `payload` of one of the kinds. The error names the format and what it takes.
func Check(format string, s *schemas.Schema, kinds ...schemas.Kind) error {
	if s != nil && !s.Open() && s.Len() == 1 && s.Field(0).Name == Name && slices.Contains(kinds, s.Field(0).Type.Kind) {
		return nil
	}
	found := "no columns"
	if s != nil && s.Len() > 0 {
		found = s.String()
	}
	return fmt.Errorf("the format %s has one column, %s: %s; found %s", format, Name, kinds[0], found)
}
