package icebergtest

import (
	"database/sql"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"

	ice "github.com/apache/iceberg-go"
	icesql "github.com/apache/iceberg-go/catalog/sql"
	_ "modernc.org/sqlite" // the catalog's database
)

// Fault is what becomes of a request in the place of its answer.
type Fault int

// The faults.
const (
	None       Fault = iota
	Conflict         // 409, and nothing was done
	LostAnswer       // done, and answered with 503
	LostReset        // done, and the connection is reset
	Reset            // the connection is reset, and nothing was done
	Forbidden        // 403, and nothing was done
)

// Server is a catalog under a URI. Its tables are in dir/catalog.db and dir/warehouse.
type Server struct {
	URI string

	catalog  *icesql.Catalog
	ofCommit func(n int) Fault

	mu      sync.Mutex
	commits int // asked for so far
	logins  int
	valid   string // the token that is accepted; any with an empty one
}

// The login that the token endpoint accepts.
const (
	ClientID     = "writer"
	ClientSecret = "s3cr3t-of-the-writer"
)

// Start runs a server until the test ends. ofCommit, when it is not nil, says what becomes of commit n, from 0 on.
func Start(t testing.TB, dir string, ofCommit func(n int) Fault) *Server {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "catalog.db")+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	warehouse := "file://" + filepath.ToSlash(filepath.Join(dir, "warehouse"))
	cat, err := icesql.NewCatalog("default", db, icesql.SQLite, ice.Properties{"warehouse": warehouse})
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{catalog: cat, ofCommit: ofCommit}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/config", s.authorised(s.config))
	mux.HandleFunc("POST /v1/oauth/tokens", s.login)
	mux.HandleFunc("POST /v1/namespaces", s.authorised(s.createNamespace))
	mux.HandleFunc("POST /v1/namespaces/{namespace}/tables", s.authorised(s.createTable))
	mux.HandleFunc("GET /v1/namespaces/{namespace}/tables/{table}", s.authorised(s.loadTable))
	mux.HandleFunc("POST /v1/namespaces/{namespace}/tables/{table}", s.authorised(s.commit))
	web := httptest.NewServer(mux)
	s.URI = web.URL
	t.Cleanup(func() {
		web.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Commits is how many commits were asked for.
func (s *Server) Commits() int { s.mu.Lock(); defer s.mu.Unlock(); return s.commits }

// Logins is how many tokens were handed out.
func (s *Server) Logins() int { s.mu.Lock(); defer s.mu.Unlock(); return s.logins }

// Revoke makes every token that was handed out invalid: they are answered with 419. A server that has revoked, and one
// that has handed out, takes no request without a token.
func (s *Server) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.valid = "none"
}

// reset ends the connection of w without an answer.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a reset, not an end
	}
	_ = conn.Close()
}
