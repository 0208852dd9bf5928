package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/engine/letters"
)

// replays is the directory with the state of all replays of one document: a folder for each, named by its id, with the
// replay in replayFile and its checkpoints in state.
type replays struct{ dir string }

const replayFile = "replay.json"

// chosenReplay is a replay as it is kept.
type chosenReplay struct {
	letters.Replay
	DeadLetter string `json:"dead_letter"`
	GivenUp    bool   `json:"given_up,omitzero"` // --fresh took its place before it was complete

	id       string
	kept     bool
	complete bool
}

func replayRoot(dir string, d *dsl.Document) (replays, error) {
	if dir != "" {
		return replays{dir}, nil
	}
	dir, err := checkpoint.DefaultDirectory(d.Name+"-replay", d.Path)
	return replays{dir}, err
}

func (r replays) state(id string) string { return filepath.Join(r.dir, id, "state") }

// past reads all replays that were begun, in the order of their ids.
func (r replays) past() (out []chosenReplay, err error) {
	entries, err := os.ReadDir(r.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for earlier replays: %w", err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(r.dir, e.Name(), replayFile))
		if errors.Is(err, fs.ErrNotExist) {
			continue // not begun
		}
		if err != nil {
			return nil, fmt.Errorf("read an earlier replay: %w", err)
		}
		p := chosenReplay{id: e.Name(), kept: true}
		if err := json.Unmarshal(data, &p); err != nil {
			return nil, fmt.Errorf("read an earlier replay, %s: %w", filepath.Join(r.dir, e.Name(), replayFile), err)
		}
		if p.complete, err = r.isComplete(p.id); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// isComplete reports whether every target has everything of the replay.
func (r replays) isComplete(id string) (bool, error) {
	store, err := checkpoint.OpenDirectory(r.state(id))
	if err != nil {
		return false, err // it is running
	}
	data, err := store.Load(context.Background())
	if err = errors.Join(err, store.Close()); err != nil || data == nil {
		return false, err
	}
	c, err := checkpoint.Decode(data)
	if err != nil {
		return false, err
	}
	return c.Complete, nil
}

// choose finds the replay that wanted stands for: one that was begun and is not complete, else a new one of the letters
// that no complete one has.
func (r replays) choose(wanted letters.Replay, fresh bool, dead string) (c chosenReplay, err error) {
	past, err := r.past()
	if err != nil {
		return c, err
	}
	for _, p := range past {
		overlaps, err := wanted.Overlaps(p.Replay)
		if err != nil {
			return c, err
		}
		switch {
		case !overlaps || p.GivenUp:
		case p.complete:
			wanted.Past = append(wanted.Past, letters.Replay{Files: p.Files, Select: p.Select})
		case fresh:
			p.GivenUp = true
			if err := r.keep(p); err != nil {
				return c, err
			}
		case !sameRequest(p.Replay, wanted):
			return c, fmt.Errorf("replay %s has begun with these dead letters and is not complete: go on with it by %s, or give it up with --fresh", p.id, request(p))
		default:
			return p, unchanged(p.Files, wanted.Files)
		}
	}
	if fresh {
		wanted.Past = nil
	}
	c.Replay = wanted
	data, err := json.Marshal(wanted)
	if err != nil {
		return c, fmt.Errorf("name the replay: %w", err)
	}
	sum := sha256.Sum256(data)
	c.id = hex.EncodeToString(sum[:4])
	c.DeadLetter, err = freeDeadLetter(wanted.Files, c.id, dead)
	return c, err
}

// sameRequest reports whether the user asks for p: the same files, which may have grown since, and the same selection.
func sameRequest(p, wanted letters.Replay) bool {
	return p.Select == wanted.Select && slices.EqualFunc(p.Files, wanted.Files, func(a, b letters.File) bool { return a.Path == b.Path })
}

// unchanged refuses files that do not begin with what a replay was begun with.
func unchanged(begun, found []letters.File) error {
	for i, f := range found {
		begins, err := f.Begins(begun[i])
		if err != nil {
			return err
		}
		if !begins && begun[i].Bytes > 0 {
			return fmt.Errorf("%s has changed since its replay began, which is not complete; put it back, or give the replay up with --fresh", f.Path)
		}
	}
	return nil
}

// request is what the user said to begin p.
func request(p chosenReplay) string {
	var paths []string
	for _, f := range p.Files {
		paths = append(paths, f.Path)
	}
	selected, err := json.Marshal(p.Select)
	if err != nil || string(selected) == "{}" {
		return "the same command, for " + strings.Join(paths, ", ")
	}
	return "the same command, for " + strings.Join(paths, ", ") + " and " + string(selected)
}

// freeDeadLetter is where records go that are rejected again: no file that is there already.
func freeDeadLetter(files []letters.File, id, given string) (string, error) {
	if given != "" {
		path, err := filepath.Abs(given)
		if err != nil {
			return "", fmt.Errorf("find --dead-letter: %w", err)
		}
		if _, err := os.Lstat(path); err == nil {
			return "", fmt.Errorf("--dead-letter %s is there already; name a file that is not", given)
		}
		return path, nil
	}
	dir, name := filepath.Split(files[0].Path)
	name, _, _ = strings.Cut(name, ".")
	for i := 1; ; i++ {
		number := ""
		if i > 1 {
			number = fmt.Sprintf("-%d", i)
		}
		path := filepath.Join(dir, name+".replay-"+id+number+".ndjson")
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			return path, nil
		}
	}
}

// keep writes c down, whole or not at all, before anything of it can be written to a target.
func (r replays) keep(c chosenReplay) error {
	dir := filepath.Join(r.dir, c.id)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("keep the replay: %w", err)
	}
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("keep the replay: %w", err)
	}
	path := filepath.Join(dir, replayFile)
	f, err := os.Create(path + ".new")
	if err != nil {
		return fmt.Errorf("keep the replay: %w", err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return fmt.Errorf("keep the replay: %w", err)
	}
	return nil
}
