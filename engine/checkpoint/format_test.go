package checkpoint_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
)

// golden is the checkpoint in testdata/version1.checkpoint. The file was written by the first release and is never
// written again: every later one must read it as this value.
func golden() *checkpoint.Checkpoint {
	return &checkpoint.Checkpoint{
		Pipeline: "orders", Document: "/etc/iggy-flow/orders.yaml", Run: "5f0c9f60-6f0e-4c59-8a4a-0a6f3f0a9b61", Generation: 3, Epoch: 42,
		Inputs: map[string]checkpoint.Input{"input": {
			Identity: "file /data/orders.ndjson", Positions: []byte(`{"orders.ndjson":{"ordinal":1200,"data":"AQID"}}`),
			Schema: []byte(`{"fields":[{"name":"id","type":"int64"}]}`),
		}},
		States:       map[string][]byte{"processors[1]": []byte(`{"seen":7}`)},
		Outputs:      map[string][]byte{"output": []byte(`{"known":{}}`)},
		Previous:     map[string][]byte{"output": []byte(`{}`)},
		Committables: []checkpoint.Committable{{Output: "output", Target: "shop.orders", ID: "1c0fb1a6-43a7-4d5a-9f2c-58cfa0f0f1aa", Epoch: 42, Data: []byte{0, 1, 254, 255}}},
		Replaced:     map[string]string{"another run": "adopt"},
		Recovered:    40,
		Final:        true,
		Time:         time.Date(2026, 11, 25, 14, 0, 0, 123456789, time.UTC),
	}
}

func TestVersion1IsReadForEver(t *testing.T) {
	data, err := os.ReadFile("testdata/version1.checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "checkpoint"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	d := open(t, dir)
	defer d.Close()
	payload, err := d.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := checkpoint.Decode(payload)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(golden(), got); diff != "" {
		t.Errorf("version 1 (-want +got):\n%s", diff)
	}
}

// TestAWrongLengthIsToldFromDamage: the length is under the checksum, so that only a program that wrote it wrong gets here.
func TestAWrongLengthIsToldFromDamage(t *testing.T) {
	data := checkpoint.Seal([]byte("{}"))
	body := data[:len(data)-4]
	binary.LittleEndian.PutUint64(body[12:], 3)
	wrong := binary.LittleEndian.AppendUint32(body, crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)))
	if payload, err := checkpoint.Unseal("st/checkpoint", wrong); err == nil || !strings.Contains(err.Error(), "holds 2 bytes and should hold 3") {
		t.Errorf("got %q, %v", payload, err)
	}
}

// newer is data as a program of a later format version would write it.
func newer(data []byte, version uint32) []byte {
	body := append([]byte{}, data[:len(data)-4]...)
	binary.LittleEndian.PutUint32(body[8:], version)
	return binary.LittleEndian.AppendUint32(body, crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)))
}

func TestFault18StateOfANewerVersionIsRefused(t *testing.T) {
	for _, version := range []uint32{2, 3, 1 << 31} {
		_, err := checkpoint.Unseal("st/checkpoint", newer(checkpoint.Seal([]byte("{}")), version))
		if _, ok := errors.AsType[*checkpoint.VersionError](err); !ok || !strings.Contains(err.Error(), "run the newer iggy-flow again") ||
			!strings.Contains(err.Error(), "st/checkpoint") || !strings.Contains(err.Error(), "--adopt") || !strings.Contains(err.Error(), fmt.Sprintf("format version %d,", version)) {
			t.Errorf("version %d gives %v", version, err)
		}
	}
	if _, err := checkpoint.Unseal("st/checkpoint", newer(checkpoint.Seal([]byte("{}")), 0)); err == nil {
		t.Error("version 0 is read")
	}
}

func TestFault18StateWithAFieldOfANewerVersionIsRefused(t *testing.T) {
	_, err := checkpoint.Decode([]byte(`{"pipeline":"p","run":"r","epoch":1,"watermarks":{}}`))
	if v, ok := errors.AsType[*checkpoint.VersionError](err); !ok || v.Field != "watermarks" || !strings.Contains(err.Error(), "newer iggy-flow") ||
		!strings.Contains(err.Error(), "does not know (watermarks)") {
		t.Errorf("a field that is not known gives %v", err)
	}
}

// TestFault18StateOfAnyBytes: what is unsealed is what was sealed, or an error.
func TestFault18StateOfAnyBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		payload := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "payload")
		data := checkpoint.Seal(payload)
		for range rapid.IntRange(1, 4).Draw(t, "damages") {
			if len(data) == 0 {
				break
			}
			at := rapid.IntRange(0, len(data)-1).Draw(t, "at")
			switch rapid.IntRange(0, 3).Draw(t, "damage") {
			case 0:
				data[at] = rapid.Byte().Draw(t, "byte")
			case 1:
				data = data[:at]
			case 2:
				data = append(data, data[at:]...)
			case 3:
				clear(data[at:])
			}
		}
		got, err := checkpoint.Unseal("here", data)
		if err == nil && string(got) != string(payload) {
			t.Fatalf("%q was sealed, and %q unsealed", payload, got)
		}
		if _, corrupt := errors.AsType[*checkpoint.CorruptError](err); err != nil && !corrupt {
			t.Fatalf("damage is refused with %v", err)
		}
	})
}
