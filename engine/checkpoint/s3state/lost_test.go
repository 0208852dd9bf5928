package s3state_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint/lease"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint/s3state"
	"github.com/iggy-flow/iggy-flow/internal/s3test"
)

// never is a holder's options that renews nothing by itself.
var never = lease.Options{TTL: time.Minute, Holder: "test", Tick: func(time.Duration) <-chan time.Time { return nil }}

// wire stands before a server and spoils requests.
type wire struct {
	mu     sync.Mutex
	behind int    // how many requests of method to what are let through, and their answers lost
	before int    // how many never arrive
	method string // of those that are spoilt
}

func (w *wire) set(method string, before, behind int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.method, w.before, w.behind = method, before, behind
}

// fate says what becomes of a request, and counts it.
func (w *wire) fate(r *http.Request) (lost, unanswered bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.Method != w.method || !strings.HasSuffix(r.URL.Path, "/head") {
		return false, false
	}
	switch {
	case w.before > 0:
		w.before--
		return true, false
	case w.behind > 0:
		w.behind--
		return false, true
	}
	return false, false
}

// between starts a server with a wire before it.
func between(t *testing.T) (*wire, s3state.Config) {
	t.Helper()
	credentials(t)
	server := s3test.Start(t)
	server.Bucket(t, "state")
	to, err := url.Parse(server.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Host = r.In.Host // the signature covers it
	}, Transport: &http.Transport{DisableKeepAlives: true}}
	front := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		lost, unanswered := w.fate(r)
		if unanswered {
			proxy.ServeHTTP(httptest.NewRecorder(), r)
		}
		if lost || unanswered {
			panic(http.ErrAbortHandler) // the connection ends without an answer
		}
		proxy.ServeHTTP(answer, r)
	}))
	t.Cleanup(front.Close)
	server.Endpoint = front.URL
	return w, parse(t, server.URL("state", "p"))
}

func holds(t *testing.T, s checkpoint.Store, last, previous string) {
	t.Helper()
	l, err := s.Load(t.Context())
	p, err2 := s.LoadPrevious(t.Context())
	if err != nil || err2 != nil || string(l) != last || string(p) != previous {
		t.Errorf("the store holds %q (%v) and %q (%v); want %q and %q", l, err, p, err2, last, previous)
	}
}

// TestALostAnswerIsLookedFor loses the answers of swaps that have landed, of those that have not, and of the looks behind
// them: a save is stored once, and nobody is taken for overtaken who is not.
func TestALostAnswerIsLookedFor(t *testing.T) {
	w, c := between(t)
	s, err := s3state.Open(t.Context(), c, never)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	last, previous := "", ""
	for _, test := range []struct {
		name           string
		before, behind int
	}{{"nothing is lost", 0, 0}, {"the answer is", 0, 1}, {"the request is", 1, 0}, {"first the request, then the answer", 1, 1}, {"two requests are", 2, 0}} {
		w.set(http.MethodPut, test.before, test.behind)
		if err := s.Save(t.Context(), []byte(test.name)); err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		last, previous = test.name, last
		holds(t, s, last, previous)
	}
	// The server is away for longer than one save tries: the save says so, and another attempt finds what became of it.
	w.set(http.MethodPut, 0, 100)
	err = s.Save(t.Context(), []byte("outage"))
	if err != nil && !errors.Is(err, checkpoint.ErrUnavailable) {
		t.Fatal(err)
	}
	w.set("", 0, 0)
	if err := s.Save(t.Context(), []byte("outage")); err != nil {
		t.Fatal(err)
	}
	last, previous = "outage", last
	holds(t, s, last, previous)
	if stale, _, err := s.Leftovers(t.Context()); err != nil || len(stale) > 1 {
		t.Errorf("%q are left, %v", stale, err)
	}
}

// TestAnOutageIsUnavailability: a save that never arrives may be tried again, and leaves the last checkpoint.
func TestAnOutageIsUnavailability(t *testing.T) {
	w, c := between(t)
	s, err := s3state.Open(t.Context(), c, never)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Save(t.Context(), []byte("one")); err != nil {
		t.Fatal(err)
	}
	w.set(http.MethodPut, 1000, 0)
	if err := s.Save(t.Context(), []byte("two")); !errors.Is(err, checkpoint.ErrUnavailable) || errors.Is(err, checkpoint.ErrOvertaken) {
		t.Errorf("an outage gives %v", err)
	}
	w.set("", 0, 0)
	holds(t, s, "one", "")
	if err := s.Save(t.Context(), []byte("two")); err != nil {
		t.Fatal(err)
	}
	holds(t, s, "two", "one")
}

// TestAServerWithoutConditionsIsRefused: one that takes every PUT would let two processes write.
func TestAServerWithoutConditionsIsRefused(t *testing.T) {
	credentials(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
	}))
	defer server.Close()
	_, err := s3state.Open(t.Context(), parse(t, "s3://b/p?endpoint="+server.URL+"&path_style=true&region=x"), never)
	if err == nil || !strings.Contains(err.Error(), "If-None-Match") {
		t.Errorf("it is opened with %v", err)
	}
}

func TestRefusedCredentialsAreNotInTheMessage(t *testing.T) {
	_, c := between(t)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "another-secret-canary")
	_, err := s3state.Open(t.Context(), c, never)
	if err == nil || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "AWS_SECRET_ACCESS_KEY") || errors.Is(err, checkpoint.ErrUnavailable) {
		t.Errorf("wrong credentials give %v", err)
	}
	t.Setenv("AWS_SECRET_ACCESS_KEY", s3test.SecretKey)
	c.Bucket = "missing"
	if _, err := s3state.Open(t.Context(), c, never); err == nil || !strings.Contains(err.Error(), "the bucket missing does not exist") {
		t.Errorf("a bucket that is missing gives %v", err)
	}
}

func TestParse(t *testing.T) {
	c, err := s3state.Parse("s3://bucket/a/b/?endpoint=http://127.0.0.1:9000&region=eu-1&path_style=true")
	if want := (s3state.Config{Bucket: "bucket", Prefix: "a/b", Endpoint: "http://127.0.0.1:9000", Region: "eu-1", PathStyle: true}); err != nil || c != want {
		t.Errorf("got %+v, %v", c, err)
	}
	if c.String() != "s3://bucket/a/b" {
		t.Errorf("it is shown as %s", c)
	}
	for address, say := range map[string]string{
		"s3://key:secret-canary@bucket/p":                            "AWS_SECRET_ACCESS_KEY",
		"s3:///p":                                                    "without a bucket",
		"s3://bucket/p?endpiont=x":                                   `"endpiont"`,
		"s3://bucket/p?endpoint=nowhere":                             "endpoint=https://",
		"s3://bucket/p?endpoint=http://u:secret-canary@host":         "endpoint=https://",
		"s3://bucket/p?path_style=perhaps":                           "true or false",
		"s3://bucket/%zz?secret-canary":                              "no URL",
		"s3://bucket/p?secret_access_key=secret-canary&path_style=1": `"secret_access_key"`,
	} {
		if _, err := s3state.Parse(address); err == nil || !strings.Contains(err.Error(), say) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s gives %v", address, err)
		}
	}
}
