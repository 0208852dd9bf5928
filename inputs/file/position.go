package file

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/iggy-flow/iggy-flow/engine"
	"github.com/iggy-flow/iggy-flow/engine/scanner"
)

// headSize is how much of a file's beginning its incarnation is a hash of.
const headSize = 1 << 10

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// position is the data of this input's engine.Position.
type position struct {
	Path   string `json:"path"`            // of the file that is being read; empty behind the last one
	Offset int64  `json:"offset"`          // of the first record not taken, in uncompressed bytes
	Head   int    `json:"head"`            // bytes at the file's beginning that the incarnation is a hash of
	State  []byte `json:"state,omitempty"` // framing state at Offset
	Files  int    `json:"files"`           // files before Path
	Names  string `json:"names"`           // hash of their names: one that appears among them must not be skipped
}

// Positions implements engine.Input.
func (in *input) Positions() (engine.Positions, error) {
	p := position{Files: in.at, Names: hashNames(in.files[:in.at])}
	out := engine.Position{Ordinal: in.scanner.Ordinal()}
	if in.current != nil {
		p.Path, p.Offset, p.State = in.files[in.at], in.scanner.Offset(), in.scanner.State()
		p.Head = int(min(int64(len(in.head)), p.Offset))
		out.Incarnation = hashHead(in.head[:p.Head])
		out.Fingerprint = checksum(in.scanner.Before())
	}
	data, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode the position: %w", err)
	}
	out.Data = data
	return engine.Positions{split: out}, nil
}

// resume goes on at p, when the files before it and the bytes before its offset are still what they were.
func (in *input) resume(p position, at engine.Position) error {
	const out = "; put it back, or start anew with --fresh"
	if p.Files > len(in.files) || hashNames(in.files[:p.Files]) != p.Names {
		return engine.Permanent(fmt.Errorf("the files before %s are not the %d that were read already: one has appeared, vanished or been renamed%s", p.name(), p.Files, out))
	}
	if p.Path == "" {
		return in.next(p.Files, at.Ordinal)
	}
	if p.Files == len(in.files) || in.files[p.Files] != p.Path {
		return engine.Permanent(fmt.Errorf("%s, which was being read, is gone or no longer next in order%s", p.Path, out))
	}
	in.at = p.Files
	f, err := open(p.Path, in.config.Compression)
	if err != nil {
		return err
	}
	in.current = f
	in.enter(p.Path)
	history, err := in.check(f, p, at)
	if err != nil {
		return err
	}
	in.done.Add(f.taken())
	for _, path := range in.files[:p.Files] {
		in.done.Add(size(path))
	}
	return in.scanner.Begin(split, p.Offset, at.Ordinal, p.State, history)
}

func (p position) name() string {
	if p.Path == "" {
		return "the end"
	}
	return p.Path
}

// check reads f up to the offset and compares its head and the bytes before the offset with what was there when the
// position was taken. It returns those bytes.
func (in *input) check(f *opened, p position, at engine.Position) (history []byte, err error) {
	replaced := engine.Permanent(fmt.Errorf("%s is not the file that was being read: its first %d bytes were taken, and what stands there has changed; "+
		"put it back, or start anew with --fresh", p.Path, p.Offset))
	in.head = make([]byte, p.Head)
	if _, err := io.ReadFull(f, in.head); err != nil {
		return nil, shorter(err, replaced)
	}
	if hashHead(in.head) != at.Incarnation {
		return nil, replaced
	}
	from := max(p.Offset-scanner.History, 0)
	if from < int64(p.Head) {
		history = append(history, in.head[from:]...)
	} else if err := f.skip(from - int64(p.Head)); err != nil {
		return nil, shorter(err, replaced)
	}
	n := len(history)
	history = append(history, make([]byte, p.Offset-from-int64(n))...)
	if _, err := io.ReadFull(f, history[n:]); err != nil {
		return nil, shorter(err, replaced)
	}
	if checksum(history) != at.Fingerprint {
		return nil, replaced
	}
	return history, nil
}

// shorter takes the end of a file that should have been longer for a replaced file.
func shorter(err, replaced error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return replaced
	}
	return err
}

func hashHead(head []byte) string {
	sum := sha256.Sum256(head)
	return hex.EncodeToString(sum[:8])
}

func hashNames(names []string) string {
	h := sha256.New()
	for _, n := range names {
		fmt.Fprintf(h, "%d:%s", len(n), n)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func checksum(data []byte) string { return fmt.Sprintf("%08x", crc32.Checksum(data, castagnoli)) }
