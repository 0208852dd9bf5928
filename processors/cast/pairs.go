package cast

import (
	"github.com/iggy-flow/iggy-flow/schemas"
)

// kernelFor returns how values of one type become values of another, or nil where they cannot.
func kernelFor(from, to schemas.Type) kernel {
	switch from.Kind {
	case schemas.Int8:
		return fromInt[int8](to.Kind)
	case schemas.Int16:
		return fromInt[int16](to.Kind)
	case schemas.Int32:
		return fromInt[int32](to.Kind)
	case schemas.Int64:
		return fromInt[int64](to.Kind)
	case schemas.Uint8:
		return fromInt[uint8](to.Kind)
	case schemas.Uint16:
		return fromInt[uint16](to.Kind)
	case schemas.Uint32:
		return fromInt[uint32](to.Kind)
	case schemas.Uint64:
		return fromInt[uint64](to.Kind)
	case schemas.Float:
		return fromFloat[float32](to.Kind)
	case schemas.Double:
		return fromFloat[float64](to.Kind)
	case schemas.Decimal:
		return fromDecimal(to.Kind)
	case schemas.Bool:
		return fromBool(to.Kind)
	case schemas.String:
		return fromText(to.Kind)
	case schemas.JSON:
		if to.Kind == schemas.String {
			return retype
		}
	case schemas.Date, schemas.Time, schemas.Timestamp, schemas.TimestampNS, schemas.LocalTimestamp:
		return fromTime(from.Kind, to.Kind)
	case schemas.Binary, schemas.Fixed, schemas.UUID:
		return fromBytes(from, to)
	}
	return nil
}

func fromInt[A integer](to schemas.Kind) kernel {
	switch to {
	case schemas.Int8:
		return intToInt[A, int8]
	case schemas.Int16:
		return intToInt[A, int16]
	case schemas.Int32:
		return intToInt[A, int32]
	case schemas.Int64:
		return intToInt[A, int64]
	case schemas.Uint8:
		return intToInt[A, uint8]
	case schemas.Uint16:
		return intToInt[A, uint16]
	case schemas.Uint32:
		return intToInt[A, uint32]
	case schemas.Uint64:
		return intToInt[A, uint64]
	case schemas.Float:
		return intToFloat[A, float32]
	case schemas.Double:
		return intToFloat[A, float64]
	case schemas.Decimal:
		return intToDecimal[A]
	case schemas.Bool:
		return intToBool[A]
	case schemas.String:
		return toText
	}
	return nil
}

func fromFloat[A floating](to schemas.Kind) kernel {
	switch to {
	case schemas.Int8:
		return floatToInt[A, int8]
	case schemas.Int16:
		return floatToInt[A, int16]
	case schemas.Int32:
		return floatToInt[A, int32]
	case schemas.Int64:
		return floatToInt[A, int64]
	case schemas.Uint8:
		return floatToInt[A, uint8]
	case schemas.Uint16:
		return floatToInt[A, uint16]
	case schemas.Uint32:
		return floatToInt[A, uint32]
	case schemas.Uint64:
		return floatToInt[A, uint64]
	case schemas.Float:
		return floatToFloat[A, float32]
	case schemas.Double:
		return floatToFloat[A, float64]
	case schemas.Decimal:
		return floatToDecimal[A]
	case schemas.String:
		return toText
	}
	return nil
}

func fromDecimal(to schemas.Kind) kernel {
	switch to {
	case schemas.Int8:
		return decimalToInt[int8]
	case schemas.Int16:
		return decimalToInt[int16]
	case schemas.Int32:
		return decimalToInt[int32]
	case schemas.Int64:
		return decimalToInt[int64]
	case schemas.Uint8:
		return decimalToInt[uint8]
	case schemas.Uint16:
		return decimalToInt[uint16]
	case schemas.Uint32:
		return decimalToInt[uint32]
	case schemas.Uint64:
		return decimalToInt[uint64]
	case schemas.Float:
		return decimalToFloat[float32]
	case schemas.Double:
		return decimalToFloat[float64]
	case schemas.Decimal:
		return decimalToDecimal
	case schemas.String:
		return toText
	}
	return nil
}

func fromBool(to schemas.Kind) kernel {
	switch to {
	case schemas.Int8:
		return boolToInt[int8]
	case schemas.Int16:
		return boolToInt[int16]
	case schemas.Int32:
		return boolToInt[int32]
	case schemas.Int64:
		return boolToInt[int64]
	case schemas.Uint8:
		return boolToInt[uint8]
	case schemas.Uint16:
		return boolToInt[uint16]
	case schemas.Uint32:
		return boolToInt[uint32]
	case schemas.Uint64:
		return boolToInt[uint64]
	case schemas.String:
		return toText
	}
	return nil
}

func fromText(to schemas.Kind) kernel {
	switch to {
	case schemas.Int8:
		return textToSigned[int8]
	case schemas.Int16:
		return textToSigned[int16]
	case schemas.Int32:
		return textToSigned[int32]
	case schemas.Int64:
		return textToSigned[int64]
	case schemas.Uint8:
		return textToUnsigned[uint8]
	case schemas.Uint16:
		return textToUnsigned[uint16]
	case schemas.Uint32:
		return textToUnsigned[uint32]
	case schemas.Uint64:
		return textToUnsigned[uint64]
	case schemas.Float:
		return textToFloat[float32]
	case schemas.Double:
		return textToFloat[float64]
	case schemas.Decimal:
		return textToDecimal
	case schemas.Bool:
		return textToBool
	case schemas.Date:
		return textToDate
	case schemas.Time:
		return textToTime
	case schemas.Timestamp, schemas.TimestampNS, schemas.LocalTimestamp:
		return textToInstant
	case schemas.UUID:
		return textToUUID
	case schemas.JSON:
		return textToJSON
	case schemas.Binary:
		return retype
	case schemas.Fixed:
		return bytesToFixed
	}
	return nil
}

func fromTime(from, to schemas.Kind) kernel {
	switch {
	case to == schemas.String:
		return toText
	case from == schemas.Date && to.Instant():
		return dateToInstant
	case from.Instant() && to == schemas.Date:
		return instantToDate
	case from.Instant() && to.Instant():
		return instantToInstant
	}
	return nil
}

func fromBytes(from, to schemas.Type) kernel {
	fixed := func(t schemas.Type) int {
		switch t.Kind {
		case schemas.UUID:
			return 16
		case schemas.Fixed:
			return t.Size
		}
		return 0
	}
	switch {
	case from.Kind == schemas.UUID && to.Kind == schemas.String:
		return toText
	case from.Kind == schemas.Binary && to.Kind == schemas.String:
		return bytesToText
	case fixed(from) > 0 && fixed(from) == fixed(to):
		return retype
	case from.Kind == schemas.Binary && fixed(to) > 0:
		return bytesToFixed
	case fixed(from) > 0 && to.Kind == schemas.Binary:
		return fixedToBytes
	}
	return nil
}
