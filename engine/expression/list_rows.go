package expression

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/iggy-flow/iggy-flow/schemas"
)

func listOperation(name string, f func([]any) []any) *operation {
	return rowOperation(name, func(r *rowRun, args []any) (any, error) {
		list, err := asList(args[0])
		if err == nil {
			err = r.spend(elementBytes * len(list))
		}
		if err != nil {
			return nil, err
		}
		return f(list), nil
	})
}

func splitRow(r *rowRun, args []any, split func(s, separator string, n int) []string) (any, error) {
	n, err := optionalCount(args, 2)
	if err != nil {
		return nil, err
	}
	s, separator := args[0].(string), args[1].(string)
	if err := r.spend(elementBytes * (strings.Count(s, separator) + 1)); err != nil {
		return nil, err
	}
	parts := split(s, separator, n)
	out := make([]any, len(parts))
	for i, p := range parts {
		out[i] = p
	}
	return out, nil
}

func endOf(value any, at int) (any, error) {
	list, err := asList(value)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	k, _ := indexed(at, len(list))
	return list[k], nil
}

func asMap(value any) (map[string]any, error) {
	if m, ok := looked(value).(map[string]any); ok {
		return m, nil
	}
	return nil, mismatch("members", value)
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func flattened(r *rowRun, out, list []any, depth int) ([]any, error) {
	if depth > maxDepth {
		return nil, rowFault{codeLimit, "lists in lists beyond all measure"}
	}
	for _, e := range list {
		if inner, ok := looked(e).([]any); ok {
			var err error
			if out, err = flattened(r, out, inner, depth+1); err != nil {
				return nil, err
			}
			continue
		}
		if err := r.spend(elementBytes); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// rowGroup is the elements by their keys.
func rowGroup(list, keys []any) (any, error) {
	groups := make(map[string]any)
	for i, e := range list {
		if keys[i] == nil {
			return nil, rowFault{"type-mismatch", "groupBy with a null key"}
		}
		key := castString(keys[i], typeJSON)
		group, _ := groups[key].([]any)
		groups[key] = append(group, e)
	}
	return groups, nil
}

// rowSortBy is the elements in the order of their keys. Elements with equal keys stay as they were; nulls come last.
func rowSortBy(list, keys []any, order any) (any, error) {
	if order != "asc" && order != "desc" {
		return nil, rowFault{"invalid-order", fmt.Sprintf("the order %v; expected asc or desc", order)}
	}
	at := make([]int, len(list))
	for i := range at {
		at[i] = i
	}
	var failed error
	sort.SliceStable(at, func(i, j int) bool {
		a, b := plain(keys[at[i]]), plain(keys[at[j]])
		if a == nil || b == nil {
			return a != nil && b == nil
		}
		c, ok := compareValues(a, b)
		if !ok && !(isNumber(a) && isNumber(b)) {
			failed = mismatch("an order", a, b)
		}
		if order == "desc" {
			c = -c
		}
		return c < 0
	})
	if failed != nil {
		return nil, failed
	}
	out := make([]any, len(list))
	for i, k := range at {
		out[i] = list[k]
	}
	return out, nil
}

// rowSum adds values from the first to the last; a null makes the sum null, as it does with +.
func rowSum(n *node, values []any) (any, error) {
	var sum any = 0
	switch n.typ.Kind {
	case kindDuration:
		sum = intValue(0, typeDuration)
	case schemas.Decimal:
		sum = decimal{scale: int32(n.typ.Scale)}
	}
	for _, v := range values {
		v = plain(v)
		if v == nil {
			return nil, nil
		}
		var err error
		if sum, err = computeValues(nil, "+", sum, v); err != nil {
			return nil, err
		}
	}
	return sum, nil
}
