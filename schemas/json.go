package schemas

import (
	"encoding/json"
	"fmt"
)

// jsonField is a column as a checkpoint keeps it.
type jsonField struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Required bool   `json:"required,omitempty"`
	Doc      string `json:"doc,omitempty"`
}

// MarshalJSON writes the columns in order, types by their names in documents.
func (s *Schema) MarshalJSON() ([]byte, error) {
	fields := make([]jsonField, len(s.fields))
	for i, f := range s.fields {
		fields[i] = jsonField{f.Name, f.Type.String(), f.Required, f.Doc}
	}
	return json.Marshal(fields)
}

// UnmarshalJSON reads what MarshalJSON wrote into s, which must be a zero Schema that nobody else holds.
func (s *Schema) UnmarshalJSON(data []byte) error {
	var fields []jsonField
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	columns := make([]Field, len(fields))
	for i, f := range fields {
		t, err := ParseType(f.Type)
		if err != nil {
			return fmt.Errorf("column %q: %w", f.Name, err)
		}
		columns[i] = Field{Name: f.Name, Type: t, Required: f.Required, Doc: f.Doc}
	}
	*s = *New(columns...)
	return nil
}
