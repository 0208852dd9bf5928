package iceberg

import (
	"fmt"
	"strings"

	ice "github.com/apache/iceberg-go"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// newSchema returns the Iceberg schema of a new table for records of schema s, with fresh ids. Columns that have no type
// yet are left out.
func newSchema(s *schemas.Schema, version int) (*ice.Schema, error) {
	ids := 0
	var fields []ice.NestedField
	for _, f := range s.Fields() {
		if f.Type.Kind == schemas.Null {
			continue
		}
		field, err := toField(f, version, &ids)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", f.Name, err)
		}
		fields = append(fields, field)
	}
	if len(fields) == 0 {
		return nil, fmt.Errorf("the records have no column with a type")
	}
	return ice.NewSchema(0, fields...), nil
}

// CheckTypes says, column by column, what cannot be stored in a table of a format version.
func CheckTypes(s *schemas.Schema, version int) (problems []error) {
	for _, f := range s.Fields() {
		if f.Type.Kind == schemas.Null || f.Type.Kind == schemas.Unknown {
			continue
		}
		if _, err := toType(f.Type, version, new(int)); err != nil {
			problems = append(problems, fmt.Errorf("column %q: %w", f.Name, err))
		}
	}
	return problems
}

func toField(f schemas.Field, version int, ids *int) (ice.NestedField, error) {
	*ids++
	id := *ids
	t, err := toType(f.Type, version, ids)
	if err != nil {
		return ice.NestedField{}, err
	}
	return ice.NestedField{ID: id, Name: f.Name, Type: t, Required: f.Required, Doc: f.Doc}, nil
}

// toType maps one of our types; ids numbers the fields inside it. Unsigned types, which Iceberg lacks, widen; json is
// kept as text. A timestamp_ns is one of microseconds before version 3: digits beyond them are cut when it is written.
func toType(t schemas.Type, version int, ids *int) (ice.Type, error) {
	switch t.Kind {
	case schemas.TimestampNS:
		if version < 3 {
			return ice.PrimitiveTypes.TimestampTz, nil
		}
		return ice.PrimitiveTypes.TimestampTzNs, nil
	case schemas.Decimal:
		return ice.DecimalTypeOf(t.Precision, t.Scale), nil
	case schemas.Fixed:
		return ice.FixedTypeOf(t.Size), nil
	case schemas.List:
		*ids++
		id := *ids
		elem, err := toType(*t.Elem, version, ids)
		return &ice.ListType{ElementID: id, Element: elem}, err
	case schemas.Map:
		*ids += 2
		key, value := *ids-1, *ids
		elem, err := toType(*t.Elem, version, ids)
		return &ice.MapType{KeyID: key, KeyType: ice.PrimitiveTypes.String, ValueID: value, ValueType: elem}, err
	case schemas.Struct:
		members := make([]ice.NestedField, len(t.Fields))
		for i, f := range t.Fields {
			member, err := toField(f, version, ids)
			if err != nil {
				return nil, fmt.Errorf("member %q: %w", f.Name, err)
			}
			members[i] = member
		}
		if len(members) == 0 {
			return nil, fmt.Errorf("a struct without members; Iceberg needs at least one")
		}
		return &ice.StructType{FieldList: members}, nil
	}
	if p, ok := plainTypes[t.Kind]; ok {
		return p, nil
	}
	return nil, fmt.Errorf("the type %s has no counterpart in Iceberg", t)
}

var plainTypes = map[schemas.Kind]ice.Type{
	schemas.Bool:  ice.PrimitiveTypes.Bool,
	schemas.Int8:  ice.PrimitiveTypes.Int32,
	schemas.Int16: ice.PrimitiveTypes.Int32,
	schemas.Int32: ice.PrimitiveTypes.Int32,
	schemas.Int64: ice.PrimitiveTypes.Int64,

	schemas.Uint8:  ice.PrimitiveTypes.Int32,
	schemas.Uint16: ice.PrimitiveTypes.Int32,
	schemas.Uint32: ice.PrimitiveTypes.Int64,
	schemas.Uint64: ice.DecimalTypeOf(20, 0),

	schemas.Float:  ice.PrimitiveTypes.Float32,
	schemas.Double: ice.PrimitiveTypes.Float64,
	schemas.String: ice.PrimitiveTypes.String,
	schemas.JSON:   ice.PrimitiveTypes.String,
	schemas.Binary: ice.PrimitiveTypes.Binary,
	schemas.UUID:   ice.PrimitiveTypes.UUID,

	schemas.Date:           ice.PrimitiveTypes.Date,
	schemas.Time:           ice.PrimitiveTypes.Time,
	schemas.Timestamp:      ice.PrimitiveTypes.TimestampTz,
	schemas.LocalTimestamp: ice.PrimitiveTypes.Timestamp,
}

func fromFields(fields []ice.NestedField) ([]schemas.Field, error) {
	out := make([]schemas.Field, len(fields))
	for i, f := range fields {
		t, err := fromType(f.Type)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", f.Name, err)
		}
		out[i] = schemas.Field{Name: f.Name, Type: t, Required: f.Required, Doc: f.Doc}
	}
	return out, nil
}

// fromType is the reverse of toType for the types that a table can have.
func fromType(t ice.Type) (schemas.Type, error) {
	switch t := t.(type) {
	case ice.DecimalType:
		return schemas.DecimalOf(t.Precision(), t.Scale()), nil
	case ice.FixedType:
		return schemas.Type{Kind: schemas.Fixed, Size: t.Len()}, nil
	case *ice.ListType:
		elem, err := fromType(t.Element)
		return schemas.ListOf(elem), err
	case *ice.MapType:
		if !t.KeyType.Equals(ice.PrimitiveTypes.String) {
			return schemas.Type{}, fmt.Errorf("the keys of %s are not strings", t)
		}
		value, err := fromType(t.ValueType)
		return schemas.MapOf(value), err
	case *ice.StructType:
		members, err := fromFields(t.FieldList)
		return schemas.StructOf(members...), err
	case ice.TimestampTzNsType:
		return schemas.Of(schemas.TimestampNS), nil
	}
	for _, k := range []schemas.Kind{
		schemas.Bool, schemas.Int32, schemas.Int64, schemas.Float, schemas.Double, schemas.String, schemas.Binary, schemas.UUID,
		schemas.Date, schemas.Time, schemas.Timestamp, schemas.LocalTimestamp,
	} {
		if plainTypes[k].Equals(t) {
			return schemas.Of(k), nil
		}
	}
	return schemas.Type{}, fmt.Errorf("no type for Iceberg's %s", t)
}

// EqualButForCase lists pairs of columns that most engines cannot tell apart: they ignore case in names.
func EqualButForCase(s *schemas.Schema) (pairs [][2]string) {
	seen := map[string]string{}
	for _, name := range s.Names() {
		lower := strings.ToLower(name)
		if other, ok := seen[lower]; ok {
			pairs = append(pairs, [2]string{other, name})
			continue
		}
		seen[lower] = name
	}
	return pairs
}
