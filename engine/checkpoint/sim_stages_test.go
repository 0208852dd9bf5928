package checkpoint_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
)

// simBarrier asks an input for a barrier, and is one.
type simBarrier struct {
	epoch       int64
	stop, final bool
}

// simItem is rows, or a barrier, of one input.
type simItem struct {
	input   int
	rows    []int64
	barrier *simBarrier
}

// simAck is what a stage leaves in a checkpoint.
type simAck struct {
	input int
	at    int64
	final bool
	cs    []checkpoint.Committable
}

// begin starts the stages: two inputs, one that aligns them, two outputs with two targets each.
func (l *simLife) begin(ctx context.Context, wg *sync.WaitGroup, from *checkpoint.Checkpoint) {
	at, _ := simPositions(from) // it was read before
	l.barrier = from.Epoch
	merged := make(chan simItem, 4)
	outs := [2]chan simItem{make(chan simItem, 4), make(chan simItem, 4)}
	for i := range l.requests {
		l.requests[i] = make(chan simBarrier, 1)
	}
	for i := range 2 {
		wg.Go(func() { l.input(ctx, i, at[i], merged) })
		wg.Go(func() { l.output(ctx, i, outs[i]) })
	}
	wg.Go(func() { l.align(ctx, merged, outs) })
}

func (l *simLife) send(ch chan<- simItem, item simItem) error {
	select {
	case ch <- item:
		return nil
	case <-l.dead:
		return errSimDead
	}
}

func (l *simLife) ack(ctx context.Context, stage string, epoch int64, value simAck) error {
	l.note("%s: ack %d", stage, epoch)
	return l.coordinator.Load().Ack(ctx, checkpoint.Ack{Stage: stage, Epoch: epoch, Value: value})
}

// input reads its records and, at its end, waits for barriers.
func (l *simLife) input(ctx context.Context, i int, next int64, out chan<- simItem) {
	id := simInput + i
	if next == l.log[i] {
		if l.sleep(id, 0, time.Second) != nil || l.settle(id) != nil {
			return
		}
		l.end(i)
	}
	for {
		var request simBarrier
		var asked bool
		if l.ended[i].Load() || l.held[i].Load() {
			select {
			case request = <-l.requests[i]:
				asked = true
			case <-l.dead:
				return
			}
		}
		if l.sleep(id, 0, 100*time.Millisecond) != nil {
			return
		}
		if !asked {
			select {
			case request = <-l.requests[i]:
				asked = true
			default:
			}
		}
		if asked {
			err := l.send(out, simItem{input: i, barrier: &request})
			if err != nil || l.ack(ctx, fmt.Sprintf("input %d", i), request.epoch, simAck{input: i, at: next, final: request.final}) != nil || request.stop {
				return
			}
			continue
		}
		var rows []int64
		for range min(l.rng(id).Int64N(4), l.log[i]-next) {
			rows = append(rows, next)
			next++
		}
		if len(rows) > 0 && l.send(out, simItem{input: i, rows: rows}) != nil {
			return
		}
		if next == l.log[i] {
			if l.settle(id) != nil {
				return
			}
			l.end(i)
		}
	}
}

func (l *simLife) end(i int) {
	l.note("input %d: end", i)
	l.ended[i].Store(true)
	l.coordinator.Load().End()
}

// align holds each input at a barrier until it has come on both.
func (l *simLife) align(ctx context.Context, in <-chan simItem, outs [2]chan simItem) {
	var held [2][]simItem
	var waits [2]*simBarrier
	for {
		var item simItem
		select {
		case item = <-in:
		case <-l.dead:
			return
		}
		if l.busy(simChain) != nil {
			return
		}
		held[item.input] = append(held[item.input], item)
		for moved := true; moved; {
			moved = false
			for i := range held {
				if len(held[i]) == 0 || waits[i] != nil {
					continue
				}
				first := held[i][0]
				held[i], moved = held[i][1:], true
				if waits[i] = first.barrier; first.barrier == nil && l.forward(first, outs) != nil {
					return
				}
			}
			if waits[0] == nil || waits[1] == nil {
				continue
			}
			switch b := *waits[0]; {
			case b.epoch < waits[1].epoch: // given up
				waits[0] = nil
			case b.epoch > waits[1].epoch:
				waits[1] = nil
			default:
				waits = [2]*simBarrier{}
				for _, out := range outs {
					if l.send(out, simItem{barrier: &b}) != nil {
						return
					}
				}
				if l.ack(ctx, "chain", b.epoch, simAck{input: -1}) != nil || b.stop {
					return
				}
			}
			moved = true
		}
	}
}

// forward sends each row to its output.
func (l *simLife) forward(item simItem, outs [2]chan simItem) error {
	var split [2]simItem
	for _, o := range item.rows {
		to := o / 2 % 2
		split[to].input, split[to].rows = item.input, append(split[to].rows, o)
	}
	for to, part := range split {
		if len(part.rows) > 0 {
			if err := l.send(outs[to], part); err != nil {
				return err
			}
		}
	}
	return nil
}

// busy is the time that a stage takes for one item.
func (l *simLife) busy(id int) error {
	longest := 8 * time.Millisecond
	if l.hit(id, l.faults.ackSlow) {
		longest = 2 * time.Second
	}
	return l.sleep(id, 0, longest)
}

// output collects rows, and prepares a committable for each of its two targets at a barrier.
func (l *simLife) output(ctx context.Context, o int, in <-chan simItem) {
	var rows [2][][2]int64
	for {
		var item simItem
		select {
		case item = <-in:
		case <-l.dead:
			return
		}
		if l.busy(simOutput+o) != nil {
			return
		}
		if item.barrier == nil {
			for _, ordinal := range item.rows {
				rows[ordinal%2] = append(rows[ordinal%2], [2]int64{int64(item.input), ordinal})
			}
			continue
		}
		var cs []checkpoint.Committable
		for t := range rows {
			if len(rows[t]) == 0 {
				continue
			}
			data, err := json.Marshal(rows[t])
			if err != nil {
				l.violate("%v", err)
			}
			target := fmt.Sprint(2*o + t)
			id := fmt.Sprintf("life %d epoch %d target %s", l.lives, item.barrier.epoch, target)
			cs = append(cs, checkpoint.Committable{Output: fmt.Sprint(o), Target: target, ID: id, Epoch: item.barrier.epoch, Data: data})
			rows[t] = nil
		}
		if l.ack(ctx, fmt.Sprintf("output %d", o), item.barrier.epoch, simAck{input: -1, cs: cs}) != nil || item.barrier.stop {
			return
		}
	}
}
