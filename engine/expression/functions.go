package expression

import "github.com/iggy-flow/iggy-flow/schemas"

// functionTable is every function that an expression can call: expr's, with the same meaning, and at its end our own. To
// add one, write its operation and a row here.
func functionTable() map[string]*function {
	text := func(name string) param { return param{name: name, takes: aText} }
	opt := func(p param) param { p.optional = true; return p }
	s := text("s")
	list := param{name: "list", takes: aList}
	mapping := param{name: "map", takes: aMap}
	any1 := param{name: "x", takes: anything}
	number := param{name: "x", takes: aNumber}
	whole := func(name string) param { return param{name: name, takes: aWhole} }
	texts := schemas.ListOf(typeString)
	rows := []function{
		// Texts.
		{name: "len", params: []param{{name: "x", takes: aListOrMap}}, doc: "characters of a string, elements of a list or map", fixed: typeInt, build: buildLen},
		{name: "lower", params: []param{s}, doc: "in lower case", fixed: typeString, build: simple(opLower, typeString)},
		{name: "upper", params: []param{s}, doc: "in upper case", fixed: typeString, build: simple(opUpper, typeString)},
		{name: "trim", params: []param{s, opt(text("chars"))}, doc: "without white space, or without chars, at both ends", fixed: typeString, build: simple(opTrim, typeString)},
		{name: "trimPrefix", params: []param{s, opt(text("prefix"))}, doc: "without prefix, a space if none is given", fixed: typeString, build: simple(opTrimPrefix, typeString)},
		{name: "trimSuffix", params: []param{s, opt(text("suffix"))}, doc: "without suffix, a space if none is given", fixed: typeString, build: simple(opTrimSuffix, typeString)},
		{name: "replace", params: []param{s, text("old"), text("new"), opt(whole("n"))}, doc: "every old replaced by new, or the first n", fixed: typeString, build: simple(opReplace, typeString)},
		{name: "indexOf", params: []param{s, text("part")}, doc: "the character at which part begins, -1 if nowhere", fixed: typeInt, build: simple(opIndexOf, typeInt)},
		{name: "lastIndexOf", params: []param{s, text("part")}, doc: "the character at which part begins for the last time", fixed: typeInt, build: simple(opLastIndexOf, typeInt)},
		{name: "hasPrefix", params: []param{s, text("prefix")}, doc: "whether s begins with prefix", fixed: typeBool, build: simple(opStartsWith, typeBool)},
		{name: "hasSuffix", params: []param{s, text("suffix")}, doc: "whether s ends with suffix", fixed: typeBool, build: simple(opEndsWith, typeBool)},
		{name: "split", params: []param{s, text("separator"), opt(whole("n"))}, doc: "the parts between separators, at most n", fixed: texts, build: simple(opSplit, texts)},
		{name: "splitAfter", params: []param{s, text("separator"), opt(whole("n"))}, doc: "the parts with their separators, at most n", fixed: texts, build: simple(opSplitAfter, texts)},
		{name: "repeat", params: []param{s, whole("n")}, doc: "s n times", fixed: typeString, build: simple(opRepeat, typeString)},
		{name: "join", params: []param{list, opt(text("glue"))}, doc: "the texts of a list, with glue between them", fixed: typeString, build: buildJoin},
		{name: "toBase64", params: []param{s}, doc: "s in base 64", fixed: typeString, build: simple(opToBase64, typeString)},
		{name: "fromBase64", params: []param{s}, doc: "the text that s is in base 64", fixed: typeString, build: simple(opFromBase64, typeString)},
		{name: "toJSON", params: []param{any1}, doc: "x as JSON text", fixed: typeString, build: simple(opToJSONText, typeString)},
		{name: "fromJSON", params: []param{s}, doc: "the value of a JSON text", fixed: typeJSON, build: simple(opFromJSON, typeJSON)},

		// Numbers.
		{name: "abs", params: []param{number}, doc: "x without its sign", fixed: typeUnknown, build: buildAbs},
		{name: "ceil", params: []param{number}, doc: "rounded up, as a double", fixed: typeDouble, build: buildRound(opCeil)},
		{name: "floor", params: []param{number}, doc: "rounded down, as a double", fixed: typeDouble, build: buildRound(opFloor)},
		{name: "round", params: []param{number}, doc: "rounded, halves away from zero, as a double", fixed: typeDouble, build: buildRound(opRound)},
		{name: "min", params: []param{{name: "x", takes: anything, many: true}}, doc: "the least of numbers or of a list of them", build: buildLeast(opMin, opMinRows)},
		{name: "max", params: []param{{name: "x", takes: anything, many: true}}, doc: "the greatest of numbers or of a list of them", build: buildLeast(opMax, opMaxRows)},
		{name: "mean", params: []param{{name: "x", takes: anything, many: true}}, doc: "the mean of numbers or of a list of them", fixed: typeDouble, build: simple(opMean, typeDouble)},
		{name: "median", params: []param{{name: "x", takes: anything, many: true}}, doc: "the median of numbers or of a list of them", fixed: typeDouble, build: simple(opMedian, typeDouble)},
		{name: "bitand", params: []param{whole("x"), whole("y")}, doc: "bits in both", fixed: typeInt, build: buildBits("bitand")},
		{name: "bitor", params: []param{whole("x"), whole("y")}, doc: "bits in either", fixed: typeInt, build: buildBits("bitor")},
		{name: "bitxor", params: []param{whole("x"), whole("y")}, doc: "bits in one", fixed: typeInt, build: buildBits("bitxor")},
		{name: "bitnand", params: []param{whole("x"), whole("y")}, doc: "bits of x that are not in y", fixed: typeInt, build: buildBits("bitnand")},
		{name: "bitshl", params: []param{whole("x"), whole("n")}, doc: "x shifted left", fixed: typeInt, build: buildBits("bitshl")},
		{name: "bitshr", params: []param{whole("x"), whole("n")}, doc: "x shifted right, keeping its sign", fixed: typeInt, build: buildBits("bitshr")},
		{name: "bitushr", params: []param{whole("x"), whole("n")}, doc: "x shifted right, filled with zeros", fixed: typeInt, build: buildBits("bitushr")},
		{name: "bitnot", params: []param{whole("x")}, doc: "every bit inverted", fixed: typeInt, build: buildBits("bitnot")},

		// Casts.
		{name: "int", params: []param{any1}, doc: "x as an int64: fractions are cut, texts are read", fixed: typeInt, build: buildInt},
		{name: "float", params: []param{any1}, doc: "x as a double: texts are read", fixed: typeDouble, build: buildFloat},
		{name: "string", params: []param{any1}, doc: "x as text", fixed: typeString, build: buildString},
		{name: "type", params: []param{any1}, doc: "the name of the type of x", fixed: typeString, build: buildType},

		// Times.
		{name: "now", params: nil, doc: "the time at which the batch is processed", fixed: typeInstant, build: buildNow},
		{name: "date", params: []param{{name: "text", takes: aText}, opt(text("layout")), opt(text("zone"))}, doc: "the timestamp that a text stands for", fixed: typeInstant, build: buildDate},
		{name: "duration", params: []param{s}, doc: "a span of time such as \"1h30m\"", fixed: typeDuration, build: simple(opDuration, typeDuration)},
		{name: "timezone", params: []param{s}, doc: "a time zone such as \"Europe/Berlin\"", build: buildZone},

		// Lists and maps.
		{name: "first", params: []param{list}, doc: "the first element, null if there is none", build: buildElement(opFirst)},
		{name: "last", params: []param{list}, doc: "the last element, null if there is none", build: buildElement(opLast)},
		{name: "get", params: []param{any1, {name: "key", takes: anything}}, doc: "the element at an index or key, null if there is none", build: buildGet},
		{name: "take", params: []param{list, whole("n")}, doc: "the first n elements", build: buildSame(opTake)},
		{name: "reverse", params: []param{list}, doc: "the elements, last first", build: buildSame(opReverse)},
		{name: "uniq", params: []param{list}, doc: "the elements without repeats", build: buildSame(opUniq)},
		{name: "sort", params: []param{list, opt(text("order"))}, doc: "the elements in order, \"asc\" or \"desc\"", build: buildSame(opSort)},
		{name: "concat", params: []param{{name: "list", takes: aList, many: true}}, doc: "the elements of all lists", build: buildListConcat},
		{name: "flatten", params: []param{list}, doc: "the elements of the lists in a list, at any depth", build: buildFlatten},
		{name: "keys", params: []param{mapping}, doc: "the keys of a map, sorted", fixed: texts, build: simple(opKeys, texts)},
		{name: "values", params: []param{mapping}, doc: "the values of a map, in the order of their keys", build: buildValues},
		{name: "toPairs", params: []param{mapping}, doc: "the [key, value] pairs of a map", fixed: schemas.ListOf(typeJSON), build: simple(opToPairs, schemas.ListOf(typeJSON))},
		{name: "fromPairs", params: []param{list}, doc: "the map of a list of [key, value] pairs", fixed: typeJSON, build: simple(opFromPairs, typeJSON)},

		// Ours.
		{name: "timestamp", params: []param{s}, doc: "the timestamp that an RFC 3339 text stands for", fixed: typeInstant, build: simple(opTimestamp, typeInstant)},
		{name: "utf8", params: []param{any1}, doc: "bytes as the text that they are", fixed: typeString, build: buildUTF8},
		{name: "random", params: nil, doc: "a number from 0 up to but not including 1", fixed: typeDouble, build: simple(opRandom, typeDouble)},
	}
	table := make(map[string]*function, len(rows)+len(loopDocs))
	for i := range rows {
		table[rows[i].name] = &rows[i]
	}
	for name, doc := range loopDocs {
		table[name] = &function{name: name, doc: doc, loop: true}
	}
	return table
}
