package stores_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint/lease"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint/stores"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		text   string
		shared bool
		want   string
	}{
		{"/var/lib/flow", false, "/var/lib/flow"},
		{"/var/lib/flow", true, "/var/lib/flow/orders"},
		{"s3://bucket/state?region=x", false, "s3://bucket/state"},
		{"s3://bucket/state", true, "s3://bucket/state/orders"},
		{"s3://bucket", false, "s3://bucket/orders"}, // never a whole bucket
		{"s3://bucket", true, "s3://bucket/orders"},
		{"postgres://u:secret-canary@h:5433/d", false, "postgres://h:5433/d (pipeline orders)"},
		{"postgresql://u@h/d", true, "postgres://h:5432/d (pipeline orders)"},
	} {
		a, err := stores.Parse(test.text, "orders", test.shared)
		if err != nil || a.String() != test.want {
			t.Errorf("Parse(%q, %v) is %s, %v; want %s", test.text, test.shared, a, err, test.want)
		}
	}
	for _, text := range []string{"", "mysql://u:secret-canary@h/d", "s3://key:secret-canary@b/p", "postgres://u:secret-canary@h:x/d"} {
		if _, err := stores.Parse(text, "orders", false); err == nil || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "expected") {
			t.Errorf("Parse(%q) gives %v", text, err)
		}
	}
}

func TestADirectoryIsMadeByOpenAndNotByView(t *testing.T) {
	a, err := stores.Parse(filepath.Join(t.TempDir(), "state"), "orders", false)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := a.View(t.Context()); !errors.Is(err, fs.ErrNotExist) || v != nil {
		t.Errorf("a view of what is not there is %v, %v", v, err)
	}
	s, err := a.Open(t.Context(), lease.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if other, err := a.Open(t.Context(), lease.Options{}); err == nil || other != nil {
		t.Errorf("a second holder is %v, %v", other, err)
	}
	v, err := a.View(t.Context())
	if err != nil || v.Place() != a.String() {
		t.Fatalf("a view is %v, %v", v, err)
	}
	defer v.Close()
}
