package stores

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint/lease"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint/pgstate"
	"github.com/iggy-flow/iggy-flow/engine/checkpoint/s3state"
)

// Address says where the state of one pipeline is kept. The zero Address is no place.
type Address struct {
	dir string
	s3  s3state.Config
	pg  pgstate.Config
	at  kind
}

type kind uint8

const (
	nowhere kind = iota
	directory
	bucket
	database
)

// Parse reads where the state of pipeline is: a directory, s3://BUCKET/PREFIX?... or postgres://... With shared, several
// pipelines are given the same text, and each has its part of the place: a folder, a prefix; in a database each has a row
// of its own anyway. The errors hold no secret.
func Parse(text, pipeline string, shared bool) (a Address, err error) {
	scheme, _, isURL := strings.Cut(text, "://")
	switch {
	case !isURL:
		if text == "" {
			return a, errors.New("an empty place for the state; expected a directory, s3://BUCKET/PREFIX or postgres://HOST/DATABASE")
		}
		a = Address{at: directory, dir: text}
		if shared {
			a.dir = filepath.Join(text, pipeline)
		}
	case scheme == "s3":
		a.at = bucket
		if a.s3, err = s3state.Parse(text); err == nil && (shared || a.s3.Prefix == "") {
			a.s3.Prefix = path.Join(a.s3.Prefix, pipeline)
		}
	case scheme == "postgres", scheme == "postgresql":
		a.at = database
		a.pg, err = pgstate.Parse(text, pipeline)
	default:
		return a, fmt.Errorf("a place for the state with the scheme %q; expected a directory, s3://BUCKET/PREFIX or postgres://HOST/DATABASE", scheme)
	}
	return a, err
}

// Open takes hold of the state. Where the place keeps a lease, o says how.
func (a Address) Open(ctx context.Context, o lease.Options) (checkpoint.Mender, error) {
	switch a.at {
	case directory:
		return opened(checkpoint.OpenDirectory(a.dir))
	case bucket:
		return opened(s3state.Open(ctx, a.s3, o))
	case database:
		return opened(pgstate.Open(ctx, a.pg, o))
	default:
		return nil, errors.New("open the state of no place: this is a bug in iggy-flow")
	}
}

// opened keeps a nil store of a type from becoming an interface that is not nil.
func opened[S checkpoint.Mender](s S, err error) (checkpoint.Mender, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

// View looks at the state while another process may hold it.
func (a Address) View(ctx context.Context) (checkpoint.Viewer, error) {
	switch a.at {
	case directory:
		return viewed(checkpoint.ViewDirectory(a.dir))
	case bucket:
		return viewed(s3state.OpenView(ctx, a.s3))
	case database:
		return viewed(pgstate.OpenView(ctx, a.pg))
	default:
		return nil, errors.New("look at the state of no place: this is a bug in iggy-flow")
	}
}

func viewed[V checkpoint.Viewer](v V, err error) (checkpoint.Viewer, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

// String names the place for people, without secrets.
func (a Address) String() string {
	switch a.at {
	case directory:
		return a.dir
	case bucket:
		return a.s3.String()
	case database:
		return a.pg.String()
	default:
		return "nowhere"
	}
}
