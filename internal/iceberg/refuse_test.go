package iceberg_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	ice "github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"

	"github.com/iggy-flow/iggy-flow/internal/iceberg"
	"github.com/iggy-flow/iggy-flow/internal/iceberg/icetest"
)

func TestAppendRefusesATableThatIsNotTheSame(t *testing.T) {
	for _, test := range []struct {
		name, want string
		change     func(*faultyCatalog) error
	}{
		{"dropped", "does not exist any more", func(f *faultyCatalog) error {
			return f.DropTable(t.Context(), table.Identifier{"shop", "orders"})
		}},
		{"created again", "was dropped and created again", func(f *faultyCatalog) error {
			id := table.Identifier{"shop", "orders"}
			again := ice.NewSchema(0, ice.NestedField{ID: 1, Name: "id", Type: ice.PrimitiveTypes.Int64})
			if err := f.DropTable(t.Context(), id); err != nil {
				return err
			}
			_, err := f.CreateTable(t.Context(), id, again)
			return err
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, f := t.TempDir(), &faultyCatalog{}
			cat := lake(t, dir, faults(f))
			orders := create(t, cat, "shop.orders", orders)
			b := batch(t, orders, `{"id":1}`)
			if err := test.change(f); err != nil {
				t.Fatal(err)
			}
			err := cat.Append(t.Context(), appendOf(orders, b))
			_, mismatch := errors.AsType[*iceberg.MismatchError](err)
			if !mismatch || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "shop.orders") {
				t.Errorf("append: %v", err)
			}
			if _, err := os.Stat(icetest.Path(t, b.Files[0].Path)); err != nil {
				t.Errorf("the file is not kept: %v", err)
			}
		})
	}
}

func TestAppendRefusesFilesThatAreNotAllThere(t *testing.T) {
	for name, harm := range map[string]func(string) error{
		"missing": os.Remove,
		"cut":     func(p string) error { return os.Truncate(p, 100) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cat := lake(t, dir)
			orders := create(t, cat, "shop.orders", orders)
			b := batch(t, orders, `{"id":1}`)
			a := appendOf(orders, b)
			if state, err := cat.Inspect(t.Context(), a); state != iceberg.Ready || err != nil {
				t.Errorf("inspect before: %v, %v", state, err)
			}
			if err := harm(icetest.Path(t, b.Files[0].Path)); err != nil {
				t.Fatal(err)
			}
			if state, err := cat.Inspect(t.Context(), a); state != iceberg.Gone || err != nil {
				t.Errorf("inspect: %v, %v", state, err)
			}
			err := cat.Append(t.Context(), a)
			if _, mismatch := errors.AsType[*iceberg.MismatchError](err); !mismatch {
				t.Errorf("append: %v", err)
			}
			if n := len(icetest.Read(t, dir, "shop.orders").Snapshots()); n != 0 {
				t.Errorf("%d snapshots", n)
			}
		})
	}
}

func TestAppendAsksWhetherItMay(t *testing.T) {
	dir := t.TempDir()
	cat := lake(t, dir)
	orders := create(t, cat, "shop.orders", orders)
	mustAppend(t, cat, appendOf(orders, batch(t, orders, `{"id":1}`)))
	a := appendOf(orders, batch(t, orders, `{"id":2}`))
	overtaken := errors.New("overtaken")
	a.Read = func(string) (string, error) { return "", overtaken }
	if err := cat.Append(t.Context(), a); !errors.Is(err, overtaken) {
		t.Errorf("append: %v", err)
	}
	wantRows(t, dir, `{"id":1}`)
}
