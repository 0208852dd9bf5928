package expression

// synonyms are the names by which other languages call a function or operator.
var synonyms = map[string]string{
	"length": "len", "size": "len", "char_length": "len", "tolower": "lower", "lowercase": "lower", "toupper": "upper", "uppercase": "upper",
	"substr": "s[from:to]", "substring": "s[from:to]", "coalesce": "a ?? b", "ifnull": "a ?? b", "nvl": "a ?? b", "isnull": "x == nil",
	"is_null": "x == nil", "concat_ws": "join", "strpos": "indexOf", "position": "indexOf", "startswith": "startsWith", "endswith": "endsWith",
	"contains": "s contains part", "matches": "s matches pattern", "regexp": "s matches pattern", "str": "string", "tostring": "string",
	"to_string": "string", "parseint": "int", "toint": "int", "to_int": "int", "tofloat": "float", "double": "float", "number": "float",
	"parse_json": "fromJSON", "to_json": "toJSON", "to_timestamp": "timestamp", "parse_timestamp": "timestamp", "datetime": "date",
	"avg": "mean", "average": "mean", "distinct": "uniq", "unique": "uniq", "sqrt": "x ** 0.5", "pow": "x ** y", "power": "x ** y",
	"mod": "x % y", "if": "condition ? a : b", "iff": "condition ? a : b", "year": "ts.Year()", "month": "ts.Month()", "day": "ts.Day()",
	"hour": "ts.Hour()", "minute": "ts.Minute()", "format": "ts.Format(layout)", "strftime": "ts.Format(layout)",
	"date_trunc": "ts.Truncate(duration(\"1h\"))",
}
