package iggybroker

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/iggy-flow/iggy-flow/internal/iggy/v08"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// Action is what a fault does to a request.
type Action int

// The actions. Where the connection is closed, the client sees it end without a reply.
const (
	DropRequest    Action = iota // close the connection; the request is not handled
	DropReply                    // handle the request, then close the connection
	CutReply                     // handle it, send Bytes of the reply, close
	DuplicateReply               // handle it, send the reply twice
	Refuse                       // answer with Status; the request is not handled
	Deny                         // handle it, then answer with Status all the same
	Delay                        // wait for Wait, then go on as usual
	Stall                        // do nothing until the fault is removed, then go on as usual
)

// Fault is a rule about requests.
type Fault struct {
	On     []wire.Command // empty: all
	Skip   int            // so many of them go well first
	Times  int            // so many do not; 0: all that follow
	Do     Action
	Bytes  int
	Status wire.Status
	Wait   time.Duration
}

// Injected is a fault in force.
type Injected struct {
	fault   Fault
	owner   *Faults
	seen    int
	hits    int
	hit     chan struct{} // closed at the first hit
	removed chan struct{}
}

// Faults are the faults of a server. Its methods may be called at the same time. The zero value has none; NewFaults makes one.
type Faults struct {
	mu      sync.Mutex
	list    []*Injected
	refused bool
}

// NewFaults returns no faults yet.
func NewFaults() *Faults { return &Faults{} }

// Inject puts f in force. Of several that match a request, the first injected acts.
func (f *Faults) Inject(fault Fault) *Injected {
	f.mu.Lock()
	defer f.mu.Unlock()
	in := &Injected{fault: fault, owner: f, hit: make(chan struct{}), removed: make(chan struct{})}
	f.list = append(f.list, in)
	return in
}

// RefuseLogins answers all logins with status until it is removed.
func (f *Faults) RefuseLogins(status wire.Status) *Injected {
	return f.Inject(Fault{On: []wire.Command{wire.LoginUser, wire.LoginToken}, Do: Refuse, Status: status})
}

// RefuseConnections closes new connections as soon as they are made, or no longer.
func (f *Faults) RefuseConnections(refuse bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refused = refuse
}

func (f *Faults) refuses() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.refused
}

// Clear removes all faults.
func (f *Faults) Clear() {
	f.mu.Lock()
	list := f.list
	f.list, f.refused = nil, false
	f.mu.Unlock()
	for _, in := range list {
		in.Remove()
	}
}

// Remove ends the fault, and lets go on what it stalls.
func (in *Injected) Remove() {
	in.owner.mu.Lock()
	defer in.owner.mu.Unlock()
	in.owner.list = slices.DeleteFunc(in.owner.list, func(o *Injected) bool { return o == in })
	select {
	case <-in.removed:
	default:
		close(in.removed)
	}
}

// Hit is closed once the fault has met a request.
func (in *Injected) Hit() <-chan struct{} { return in.hit }

// Hits is how many requests the fault has met.
func (in *Injected) Hits() int {
	in.owner.mu.Lock()
	defer in.owner.mu.Unlock()
	return in.hits
}

// meet is the fault that acts on a request; nil for none.
func (f *Faults) meet(do wire.Command) *Injected {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, in := range f.list {
		if len(in.fault.On) > 0 && !slices.Contains(in.fault.On, do) {
			continue
		}
		in.seen++
		if in.seen <= in.fault.Skip || in.fault.Times > 0 && in.seen > in.fault.Skip+in.fault.Times {
			continue
		}
		if in.hits++; in.hits == 1 {
			close(in.hit)
		}
		return in
	}
	return nil
}

// errFault ends a connection as a fault wants it.
var errFault = errors.New("a fault was injected")

// fail answers a request as a fault wants it.
func (c *conn) fail(ctx context.Context, do wire.Command, in *Injected) error {
	switch in.fault.Do {
	case DropRequest:
		return errFault
	case Refuse:
		c.out = v08.AppendError(c.out[:0], in.fault.Status)
		return c.flush()
	case Delay, Stall:
		return c.failLate(ctx, do, in)
	}
	c.handle(do)
	switch in.fault.Do {
	case DropReply:
		return errFault
	case Deny:
		_ = c.view.Release()
		c.out = v08.AppendError(c.out[:0], in.fault.Status)
	case CutReply:
		c.gather()
		_, err := c.net.Write(c.out[:min(in.fault.Bytes, len(c.out))])
		return errors.Join(err, errFault)
	case DuplicateReply:
		c.gather()
		_ = c.view.Release()
		c.out = append(c.out, c.out...)
	}
	return c.flush()
}

// failLate waits before it answers.
func (c *conn) failLate(ctx context.Context, do wire.Command, in *Injected) error {
	var timer <-chan time.Time // of a stall it never fires
	if in.fault.Do == Delay {
		t := time.NewTimer(in.fault.Wait)
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-in.removed:
	case <-timer:
	}
	c.handle(do)
	return c.flush()
}
