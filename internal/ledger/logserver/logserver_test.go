package logserver_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"github.com/iggy-flow/iggy-flow/internal/ledger/logserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts a server with four partitions and returns a way to connect to it.
func serve(t *testing.T, forgetful bool) func() *logserver.Client {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var g errgroup.Group
	record := func(p int, o int64) string { return fmt.Sprintf("%d/%d", p, o) }
	g.Go(func() error {
		return logserver.Serve(ctx, l, logserver.Config{Partitions: 4, Seed: 1, Forgetful: forgetful, Record: record})
	})
	t.Cleanup(func() {
		cancel()
		if err := g.Wait(); err != nil {
			t.Error(err)
		}
	})
	return func() *logserver.Client {
		c, err := logserver.Dial(t.Context(), l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() }) // some are closed by their test
		return c
	}
}

func join(t *testing.T, c *logserver.Client) int64 {
	t.Helper()
	m, err := c.Join()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func owned(t *testing.T, c *logserver.Client, member int64) (partitions, revoked []int, of map[int]int64) {
	t.Helper()
	own, err := c.Owned(member)
	if err != nil {
		t.Fatal(err)
	}
	of = map[int]int64{}
	for _, o := range own {
		partitions, of[o.Partition] = append(partitions, o.Partition), o.Assignment
		if o.Revoked {
			revoked = append(revoked, o.Partition)
		}
	}
	return partitions, revoked, of
}

func TestAPartitionMovesWhenItsOwnerGivesItUp(t *testing.T) {
	dial := serve(t, false)
	a, b := dial(), dial()
	one := join(t, a)
	if all, _, _ := owned(t, a, one); len(all) != 4 {
		t.Fatalf("the first member owns %v", all)
	}
	two := join(t, b)
	if none, _, _ := owned(t, b, two); len(none) != 0 {
		t.Errorf("a second member owns %v before anybody gave it up", none)
	}
	_, revoked, of := owned(t, a, one)
	if len(revoked) != 2 {
		t.Fatalf("the first member is to give up %v", revoked)
	}
	p := revoked[0]
	if err := a.Release(one, p, of[p]); err != nil {
		t.Fatal(err)
	}
	moved, _, ofTwo := owned(t, b, two)
	if !slices.Equal(moved, []int{p}) || ofTwo[p] == of[p] {
		t.Errorf("the second member owns %v, assignments %v; want partition %d under another than %d", moved, ofTwo, p, of[p])
	}
	if err := a.Release(one, p, of[p]); err != nil { // of an assignment that is over
		t.Fatal(err)
	}
	if still, _, _ := owned(t, b, two); !slices.Equal(still, moved) {
		t.Errorf("an old release took %v", still)
	}
}

func TestAPartitionIsStolenUnasked(t *testing.T) {
	dial := serve(t, false)
	a, b := dial(), dial()
	one, two := join(t, a), join(t, b)
	if err := a.Steal(3); err != nil {
		t.Fatal(err)
	}
	mine, _, _ := owned(t, a, one)
	theirs, _, _ := owned(t, b, two)
	if slices.Contains(mine, 3) || !slices.Contains(theirs, 3) {
		t.Errorf("after a theft of partition 3 its owner has %v, the other %v", mine, theirs)
	}
}

func TestTheEndOfAConnectionIsALeaving(t *testing.T) {
	dial := serve(t, false)
	a, b := dial(), dial()
	one, two := join(t, a), join(t, b)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	for { // the server sees the end of the connection when it comes
		if all, _, _ := owned(t, b, two); len(all) == 4 {
			break
		}
	}
	if _, err := b.Owned(one); !errors.Is(err, logserver.ErrUnknownMember) {
		t.Errorf("a member that left: %v", err)
	}
}

func TestRecordsAreVisibleWhenTheyAreAppended(t *testing.T) {
	c := serve(t, false)()
	for _, step := range []struct {
		appended int64
		want     []string
	}{{0, nil}, {2, []string{"1/1"}}, {5, []string{"1/1", "1/2", "1/3"}}} {
		if err := c.Append(step.appended); err != nil {
			t.Fatal(err)
		}
		got, err := c.Read(1, 1, 3)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("after %d more (-want +got):\n%s", step.appended, diff)
		}
	}
	if _, err := c.Read(4, 0, 1); err == nil {
		t.Error("partition 4 of 4 was read")
	}
}

func TestStoredOffsetsAreTakenAsTheyCome(t *testing.T) {
	for _, forgetful := range []bool{false, true} {
		c := serve(t, forgetful)()
		if at, err := c.Stored(0); err != nil || at != -1 {
			t.Errorf("before the first one: %d, %v", at, err)
		}
		for _, o := range []int64{5, 9, 7} {
			if err := c.Store(0, o); err != nil {
				t.Fatal(err)
			}
		}
		seen := map[int64]bool{}
		for range 200 {
			at, err := c.Stored(0)
			if err != nil {
				t.Fatal(err)
			}
			seen[at] = true
		}
		want := map[int64]bool{7: true}
		if forgetful {
			want = map[int64]bool{7: true, 5: true, 9: true, -1: true}
		}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Errorf("forgetful %v (-want +got):\n%s", forgetful, diff)
		}
		if s, err := c.Status(); err != nil || s.Stored[0] != 9 || (s.Forgot > 0) != forgetful {
			t.Errorf("forgetful %v: %+v, %v", forgetful, s, err)
		}
	}
}
