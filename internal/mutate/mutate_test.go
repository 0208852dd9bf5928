package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const clampSource = `package clamp

func Clamp(n, low, high int) int {
	if n < low || low == high {
		return low
	}
	n = min(n, high)
	note(n)
	return n
}

var last int

func note(n int) { last = n }
`

// looseTest misses the boundary, the call and the second condition.
const looseTest = `package clamp

import "testing"

func TestClamp(t *testing.T) {
	if Clamp(1, 3, 5) != 3 || Clamp(4, 3, 5) != 4 || Clamp(9, 3, 5) != 5 {
		t.Fail()
	}
}
`

func TestEveryChangeIsFound(t *testing.T) {
	ms, err := mutants([]byte(clampSource))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range ms {
		got = append(got, m.key())
	}
	want := []string{
		"Clamp: drop: n = min(n, high)",
		"Clamp: drop: note(n)",
		"Clamp: drop: return n",
		"Clamp: negate: n < low || low == high",
		"Clamp: write && in: n < low || low == high",
		"Clamp: write <= in: n < low",
		"Clamp: write != in: low == high",
		"Clamp: drop: return low",
		"note: drop: last = n",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatOnlyTellsPeopleIsNoDecision(t *testing.T) {
	ms, err := mutants([]byte("package p\nfunc f() {\n\tr.log.Warn(`x`)\n\tlog.Info(`y`)\n\tif err := failpoint.Hit(1); err != nil {\n\t\treturn\n\t}\n\tr.do()\n}\n"))
	if err != nil || len(ms) != 1 || ms[0].text != "r.do()" {
		t.Errorf("got %v, %v", ms, err)
	}
}

func TestEqualChangesAreTold(t *testing.T) {
	ms, err := mutants([]byte("package p\nfunc (t *T) f() {\n\tg()\n\tg()\n}\n"))
	if err != nil || len(ms) != 2 || ms[0].key() != "T.f: drop: g()" || ms[1].key() != "T.f: drop: g() (2)" {
		t.Errorf("got %v, %v", ms, err)
	}
}

// TestSurvivorsAreReported runs go test on a module of its own.
func TestSurvivorsAreReported(t *testing.T) {
	root := t.TempDir()
	for name, content := range map[string]string{
		"go.mod": "module clamp\n\ngo 1.26\n", "clamp.go": clampSource, "clamp_test.go": looseTest,
	} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out strings.Builder
	excused := map[string]bool{"clamp.go: Clamp: write <= in: n < low": true}
	ok, err := checker{root: root, temp: t.TempDir()}.check(t.Context(), &out, subject{file: "clamp.go", tests: []suite{{pkg: "."}}}, excused, false)
	if err != nil || ok {
		t.Fatalf("got ok=%v, %v", ok, err)
	}
	want := []string{
		"clamp.go:8: SURVIVED: Clamp: drop: note(n)",
		"clamp.go:14: SURVIVED: note: drop: last = n",
		"clamp.go: 9 mutants: 5 killed, 2 survived, 1 equivalent, 1 do not compile",
	}
	if got := strings.Split(strings.TrimSpace(out.String()), "\n"); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// TestEquivalentMutantsExist: an entry that names no mutant any more excuses nothing, and must go.
func TestEquivalentMutantsExist(t *testing.T) {
	excused, err := equivalents(equivalentList)
	if err != nil {
		t.Fatal(err)
	}
	exist := map[string]bool{}
	for _, s := range subjects {
		source, err := os.ReadFile(filepath.Join("../..", s.file))
		if err != nil {
			t.Fatal(err)
		}
		ms, err := mutants(source)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range ms {
			exist[s.file+": "+m.key()] = true
		}
	}
	for key := range excused {
		if !exist[key] {
			t.Errorf("equivalent.txt: there is no mutant %q", key)
		}
	}
	if _, err := equivalents("a.go: f: drop: g()\n"); err == nil {
		t.Error("an entry without a reason was taken")
	}
}
