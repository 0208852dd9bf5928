package lazyfs

import "math/rand/v2"

// Lost says what a loss of power cost: how many changes of names and how many writes never reached the disk.
type Lost struct{ Names, Writes int }

// drop is the loss of power: of what was not synced, only what random chooses has reached the disk. A nil random chooses
// nothing. No process may have the file system in use: what it had open is gone.
func (f *fileSystem) drop(random *rand.Rand) (lost Lost) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, keep := range keepNames(random, f.pending) {
		keep.apply()
		lost.Names--
	}
	lost.Names += len(f.pending)
	f.pending = nil
	reached := map[*node]bool{}
	f.nodes[rootID].reach(reached)
	for id := range f.last + 1 { // ascending, so that a seed means the same every time
		n := f.nodes[id]
		switch {
		case n == nil:
		case !reached[n]:
			delete(f.nodes, id)
		default:
			lost.Writes += n.lose(random)
			n.reset()
		}
	}
	for n := range reached {
		for _, child := range n.names {
			child.links++
		}
	}
	return lost
}

// reach gathers what has a name on the disk, at or below n.
func (n *node) reach(into map[*node]bool) {
	if into[n] {
		return
	}
	into[n] = true
	for _, child := range n.diskNames {
		child.reach(into)
	}
}

// keepNames chooses the changes that reached the disk: none, the first ones as a journal would, all, or any.
func keepNames(random *rand.Rand, pending []change) (kept []change) {
	if random == nil {
		return nil
	}
	switch random.IntN(5) {
	case 0:
		return nil
	case 1:
		return pending
	case 2:
		return pending[:random.IntN(len(pending)+1)]
	default:
		for _, c := range pending {
			if random.IntN(2) == 0 {
				kept = append(kept, c)
			}
		}
		return kept
	}
}

// lose lets a part of a file's writes reach the disk, and returns how many did not, or not whole.
func (n *node) lose(random *rand.Rand) (lost int) {
	if random == nil || len(n.writes) == 0 {
		return len(n.writes)
	}
	switch random.IntN(4) {
	case 0:
		return len(n.writes)
	case 1:
		n.sync()
		return 0
	case 2: // the first ones, and the beginning of the one behind them
		whole := random.IntN(len(n.writes))
		for _, w := range n.writes[:whole] {
			n.disk = w.apply(n.disk)
		}
		if w := n.writes[whole]; !w.resize && len(w.bytes) > 0 {
			n.disk = write{offset: w.offset, bytes: w.bytes[:random.IntN(len(w.bytes))]}.apply(n.disk)
		}
		return len(n.writes) - whole
	default: // any pages of any write
		for _, w := range n.writes {
			if !n.scatter(random, w) {
				lost++
			}
		}
		return lost
	}
}

// scatter writes some pages of w, and reports whether it was all of them.
func (n *node) scatter(random *rand.Rand, w write) (whole bool) {
	whole = true
	if w.resize || len(w.bytes) == 0 {
		if whole = random.IntN(2) == 0; whole {
			n.disk = w.apply(n.disk)
		}
		return whole
	}
	for from := int64(0); from < int64(len(w.bytes)); {
		to := min(from+pageSize-(w.offset+from)%pageSize, int64(len(w.bytes)))
		if random.IntN(2) == 0 {
			n.disk = write{offset: w.offset + from, bytes: w.bytes[from:to]}.apply(n.disk)
		} else {
			whole = false
		}
		from = to
	}
	return whole
}
