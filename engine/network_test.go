package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/iggy-flow/iggy-flow/dsl/source"
	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/retry"
	"github.com/iggy-flow/iggy-flow/internal/arrowtest"
)

// bulkServer takes requests with many records over a socket, as search engines do, and keeps each once by its id.
type bulkServer struct {
	*httptest.Server
	misbehave func(request int, w http.ResponseWriter, take func()) bool // instead of an answer; reports whether it did
	status    func(id int64, tries int) int

	mu       sync.Mutex
	requests int
	rows     []int64 // in the order of their arrival
	repeats  int
	tries    map[int64]int
}

func newBulkServer(t *testing.T) *bulkServer {
	s := &bulkServer{tries: map[int64]int{}, status: func(int64, int) int { return http.StatusCreated }}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *bulkServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var ids []int64
	if err := json.NewDecoder(r.Body).Decode(&ids); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.requests++
	request := s.requests
	s.mu.Unlock()
	items := make([]int, len(ids))
	take := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for i, id := range ids {
			s.tries[id]++
			items[i] = s.status(id, s.tries[id])
			switch {
			case items[i] != http.StatusCreated:
			case slices.Contains(s.rows, id):
				s.repeats++
			default:
				s.rows = append(s.rows, id)
			}
		}
	}
	if s.misbehave != nil && s.misbehave(request, w, take) {
		return
	}
	take()
	_ = json.NewEncoder(w).Encode(items)
}

// reset ends the connection as a peer does that has died.
func reset(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	_ = conn.(*net.TCPConn).SetLinger(0)
	_ = conn.Close()
}

// bulk is an output to a bulkServer.
type bulk struct {
	url    string
	policy retry.Policy
	client http.Client
}

func (*bulk) Bind(engine.Shape) source.Diagnostics     { return nil }
func (*bulk) Open(context.Context, engine.Start) error { return nil }
func (*bulk) Flush(context.Context, *engine.Out) error { return nil }
func (o *bulk) Retry() retry.Policy                    { return retry.Policy{Config: o.policy.Config} }
func (o *bulk) Close(context.Context) error            { o.client.CloseIdleConnections(); return nil }

func (o *bulk) Write(ctx context.Context, b *engine.Batch, out *engine.Out) error {
	defer b.Release()
	ids := make([]int64, b.Len())
	for i := range ids {
		_, ids[i] = b.Origin.At(i)
	}
	var items []int
	err := o.policy.Do(ctx, func(ctx context.Context) (err error) { items, err = o.post(ctx, ids); return err })
	if err != nil {
		return err
	}
	var failed []int32
	var rejected []engine.Rejection
	for i, status := range items {
		switch {
		case status == http.StatusCreated:
			out.Count(engine.Delivered, 1)
		case retry.ClassOf(retry.HTTP(status, nil, errRefused)) == retry.Hopeless:
			rejected = append(rejected, engine.Rejection{Row: i, Code: "refused", Message: fmt.Sprintf("status %d", status)})
		default:
			failed = append(failed, int32(i))
		}
	}
	if err := out.Reject(ctx, b, rejected); err != nil || len(failed) == 0 {
		return err
	}
	return &engine.PartialError{Rows: failed, Err: errors.New("too busy for some rows")}
}

func (o *bulk) post(ctx context.Context, ids []int64) (items []int, err error) {
	body, err := json.Marshal(ids)
	if err != nil {
		return nil, retry.Permanent(err)
	}
	// A body that the client cannot rewind: it must not repeat anything of its own accord.
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.url, struct{ io.Reader }{bytes.NewReader(body)})
	if err != nil {
		return nil, retry.Permanent(err)
	}
	resp, err := o.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, retry.HTTP(resp.StatusCode, resp.Header, fmt.Errorf("status %d", resp.StatusCode))
	}
	return items, json.NewDecoder(resp.Body).Decode(&items)
}

func newBulk(s *bulkServer) *bulk {
	return &bulk{url: s.URL, policy: retry.Policy{Config: retry.Config{Base: 1, Max: 1}}, client: http.Client{Transport: &http.Transport{}}}
}

// numbersTo lists the numbers below n.
func numbersTo(n int64) (all []int64) {
	for i := range n {
		all = append(all, i)
	}
	return all
}

// TestFault09BlackHole: a target that takes requests and answers none is given up in time, left alone by the breaker, and
// holds the input up; when it works again everything arrives.
func TestFault09BlackHole(t *testing.T) {
	const batch, attempts = 1 << 13, 8 // an edge holds 80 batches of 64 KiB
	s, w := newBulkServer(t), newWorld(150*batch)
	w.batch = batch
	o := newBulk(s)
	o.policy.Timeout = 200 * time.Millisecond
	breaker := retry.BreakerDefaults()
	breaker.Cooldown = time.Millisecond
	o.policy.Breaker = retry.NewBreaker(s.URL, breaker)
	held := 0
	o.policy.Observe = func(a retry.Attempt) {
		if a.Wait > 1 { // the policy itself waits for a nanosecond: it is the breaker
			held++
		}
	}
	r := w.registry()
	engine.AddOutput(r, engine.OutputSpec[onceOnly]{Name: "picky", New: func(onceOnly, engine.Env) (engine.Output, error) { return o, nil }})
	run := w.startWith(t, arrowtest.Allocator(t), r, pickyDocument, engine.RunOptions{Store: store{w}})

	healed := make(chan struct{})
	var read atomic.Int64
	s.misbehave = func(request int, rw http.ResponseWriter, _ func()) bool {
		if request == attempts {
			read.Store(run.Status().Read)
			close(healed)
		}
		if request < attempts {
			<-healed // no answer before whoever asked has given up
			reset(rw)
			return true
		}
		_, _ = rw.Write(taken(batch)) // there are millions of rows: they are not kept
		return true
	}
	if err := run.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := read.Load(); held == 0 || n == 0 || n > 100*batch {
		t.Errorf("the breaker held %d attempts up; %d of 150 batches were read meanwhile", held, n/batch)
	}
	if got := run.Status(); got.Written != w.log {
		t.Errorf("%d of %d rows were written", got.Written, w.log)
	}
}

// TestFault10PartialBulkFailure: of a request that fails for some rows only these are sent again, or rejected.
func TestFault10PartialBulkFailure(t *testing.T) {
	s, w := newBulkServer(t), newWorld(500)
	w.batch = 50
	s.status = func(id int64, tries int) int {
		switch {
		case id%7 == 0 && tries <= 2:
			return http.StatusTooManyRequests
		case id%11 == 0:
			return http.StatusBadRequest
		}
		return http.StatusCreated
	}
	if err := readInto(t, newBulk(s), arrowtest.Allocator(t), w, pickyDocument); err != nil {
		t.Fatal(err)
	}
	var good, bad []int64
	for n := range w.log {
		want := 1
		if n%7 == 0 {
			want = 3
		}
		if s.tries[n] != want {
			t.Errorf("row %d was sent %d times; want %d", n, s.tries[n], want)
		}
		if n%11 == 0 {
			bad = append(bad, n)
		} else {
			good = append(good, n)
		}
	}
	slices.Sort(s.rows)
	dead := slices.Sorted(slices.Values(w.target("bad").rows))
	if !slices.Equal(s.rows, good) || !slices.Equal(dead, bad) {
		t.Errorf("the target has %v, the dead letter %v", s.rows, dead)
	}
}

// TestFault11ConnectionReset: the connection ends within a batch, before its rows are taken or before the answer is sent;
// the batch is sent again, and the ids of its rows keep the target from having one twice.
func TestFault11ConnectionReset(t *testing.T) {
	s, w := newBulkServer(t), newWorld(700)
	s.misbehave = func(request int, rw http.ResponseWriter, take func()) bool {
		switch request % 4 {
		case 1:
			reset(rw)
		case 2:
			take()
			reset(rw)
		default:
			return false
		}
		return true
	}
	if err := readInto(t, newBulk(s), arrowtest.Allocator(t), w, pickyDocument); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.rows, numbersTo(w.log)) || s.repeats == 0 {
		t.Errorf("the target has %d rows of %d, in order: %v; %d repeats were dropped", len(s.rows), w.log, slices.IsSorted(s.rows), s.repeats)
	}
}

// taken is an answer that says that n rows were.
func taken(n int) []byte {
	text, _ := json.Marshal(slices.Repeat([]int{http.StatusCreated}, n)) // numbers cannot fail
	return text
}
