package expression

// A condition whose branches are constant texts, or such conditions again, picks one of a few labels for each row: the
// label's number is written first, and its text once, at the end.

// maxLabels is how many branches such a condition may have, so that a number fits a byte.
const maxLabels = 200

// picksText reports whether n is a constant text or a choice of them; count is how many were met.
func picksText(n *node, count *int) bool {
	if n.isConst() {
		*count++
		return *count <= maxLabels
	}
	return n.op.is == isCondition && n.uses < 2 && picksText(n.args[1], count) && picksText(n.args[2], count)
}

// labels computes such a condition.
func (ev *Evaluator) labels(n *node, rows []int32) *vec {
	codes := ev.bytes.get(ev.n)
	defer ev.bytes.put(codes)
	var labels []piece
	null := -1 // the number of the label that is null
	var pick func(n *node, rows []int32)
	pick = func(n *node, rows []int32) {
		if n.isConst() {
			code := byte(len(labels))
			if n.value == nil {
				null = int(code)
			}
			labels = append(labels, ev.piece(n, ev.constant(n)))
			for _, i := range rows {
				codes[i] = code
			}
			return
		}
		yes, no := ev.divide(n.args[0], rows)
		pick(n.args[1], yes)
		pick(n.args[2], no)
		ev.rows.put(yes)
		ev.rows.put(no)
	}
	// The condition itself may be shared: its operands decide.
	yes, no := ev.divide(n.args[0], rows)
	pick(n.args[1], yes)
	pick(n.args[2], no)
	ev.rows.put(yes)
	ev.rows.put(no)

	v := ev.labelled(labels, codes, rows)
	if null >= 0 {
		v.ok, v.owned = ev.zeros(ev.n), true
		each(rows, ev.n, func(i int32) {
			if int(codes[i]) != null {
				setBit(v.ok, i)
			}
		})
	}
	return v
}

// labelled writes the text of each row's label.
func (ev *Evaluator) labelled(labels []piece, codes []byte, rows []int32) *vec {
	if rows == nil {
		longest := 0
		for _, l := range labels {
			longest = max(longest, l.size)
		}
		if total := longest*ev.n + slack; total <= maxValueText && ev.text.total+total <= maxBatchText {
			v := ev.dense(nil)
			out, at := grown(v.data, total), 0
			for i, code := range codes[:ev.n] {
				l := &labels[code]
				copyText(out, at, l.data, 0, l.size)
				at += l.size
				v.offs[i+1] = int32(at)
			}
			v.data = out[:at]
			ev.text.total += at
			return v
		}
	}
	views := make([]view, len(labels))
	for k, l := range labels {
		views[k] = view{ev.text.register(l.data), 0, uint32(l.size)}
	}
	v := ev.vector(inStrings, ev.n)
	each(rows, ev.n, func(i int32) { v.views[i] = views[codes[i]] })
	return v
}
