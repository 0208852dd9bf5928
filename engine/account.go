package engine

import (
	"fmt"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
)

// balance checks the sums of one epoch: every row that went into a stage came out of it or has a fate, and every edge
// carried what was put on it. A sum that does not hold is a bug; the pipeline stops rather than lose a row.
func balance(acks []checkpoint.Ack) error {
	var read, rejected, dead int64
	var received, sent int64 // over the edges from the inputs to the output
	hasDead := false
	for _, a := range acks {
		switch v := a.Value.(type) {
		case inputAck:
			read += v.account.Fate[Taken]
			rejected += v.account.Rejected
			sent += v.sent
			if v.account.Fate[Taken] != v.account.Emitted+v.account.Rejected+v.account.Fate[Filtered]+v.account.Fate[Dropped] || v.account.Emitted != v.sent {
				return unbalanced(a.Stage, a.Epoch, v.account, 0)
			}
		case combineAck:
			received += v.received
			sent += v.sent
			if v.received != v.sent || v.emitted != v.sent {
				return unbalanced(a.Stage, a.Epoch, Account{In: v.received, Emitted: v.emitted}, 0)
			}
		case chainAck:
			rejected += v.account.Rejected
			received += v.received
			sent += v.sent
			if v.account.In != v.received || v.account.Emitted != v.sent {
				return unbalanced(a.Stage, a.Epoch, v.account, 0)
			}
			for _, p := range v.parts {
				if !p.account.holds(p.held) {
					return unbalanced(p.site.Path, a.Epoch, p.account, p.held)
				}
			}
		case outputAck:
			if v.account.In != v.received || v.account.In != v.account.Fate[Delivered]+v.account.Fate[Dropped]+v.account.Rejected {
				return unbalanced(a.Stage, a.Epoch, v.account, 0)
			}
			if v.dead {
				dead, hasDead = v.account.In, true
				continue
			}
			received += v.received
			rejected += v.account.Rejected
		}
	}
	if sent != received {
		return fmt.Errorf("epoch %d: %d rows were sent between the stages and %d arrived: this is a bug in iggy-flow, please report it", acks[0].Epoch, sent, received)
	}
	if hasDead && dead != rejected {
		return fmt.Errorf("epoch %d: %d rows were rejected and %d reached the dead letter: this is a bug in iggy-flow, please report it", acks[0].Epoch, rejected, dead)
	}
	return nil
}

// holds reports whether the account of a processor that holds held rows adds up.
func (a Account) holds(held int64) bool {
	return a.In+a.Fate[Created] == a.Emitted+a.Rejected+a.Fate[Filtered]+a.Fate[Dropped]+a.Fate[Consumed]+held
}

func unbalanced(path string, epoch int64, a Account, held int64) error {
	return fmt.Errorf("epoch %d: the rows of %s do not add up: in %d, taken %d, created %d; out %d, delivered %d, rejected %d, filtered %d, dropped %d, consumed %d, held %d: "+
		"this is a bug in iggy-flow, please report it; nothing of this epoch is committed",
		epoch, path, a.In, a.Fate[Taken], a.Fate[Created], a.Emitted, a.Fate[Delivered], a.Rejected, a.Fate[Filtered], a.Fate[Dropped], a.Fate[Consumed], held)
}
