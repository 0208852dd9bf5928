package codec

import (
	"maps"
	"slices"
	"strings"

	"github.com/iggy-flow/iggy-flow/schemas"
)

// Format is one codec as documents name it: `format: json`.
type Format struct {
	Name    string
	Summary string   // one line
	Endings []string // file name endings that mean this format, with their dot

	// Columns are those of every record, where the format has fixed ones; nil where they are declared or inferred.
	Columns *schemas.Schema

	NewDecoder func(DecodeOptions) (Decoder, error)
	NewEncoder func(*schemas.Schema) (Encoder, error)

	// Frames lists where the frames of data lie, ascending: exactly those that a decoder with o counted when it took data in
	// the framing state at data's front. Of a frame beyond o.MaxFrame it may list the beginning only.
	Frames func(state, data []byte, o DecodeOptions) ([]Extent, error)

	// Refold appends a frame that stood alone or among others, in whatever framing, so that what was appended one behind the
	// other in the framing state RefoldState is decoded as one frame each, to the same records or failures. A nil Refold is
	// of a format whose frames mean nothing alone.
	Refold      func(dst, frame []byte) []byte
	RefoldState []byte

	// Infer reads the type of the records in sample, which begins a split and has Padding bytes behind it. With last the
	// sample is all there is; else a cut frame at its end is left out. A frame that is no record is passed over.
	Infer func(sample []byte, last bool, limits SampleLimits) (*schemas.Schema, error)
}

// Extent is the half-open interval [From, To) of bytes in some data.
type Extent struct{ From, To int }

// Registry holds the formats of a program. The zero Registry is empty and ready to use.
type Registry struct{ formats map[string]*Format }

// Add adds f. A name that is taken is a mistake of the program and panics.
func (r *Registry) Add(f Format) {
	if r.formats == nil {
		r.formats = map[string]*Format{}
	}
	if _, taken := r.formats[f.Name]; taken {
		panic("codec: format " + f.Name + " is added twice")
	}
	r.formats[f.Name] = &f
}

// Lookup returns the format of that name.
func (r *Registry) Lookup(name string) (*Format, bool) {
	f, ok := r.formats[name]
	return f, ok
}

// Names lists the formats in alphabetical order.
func (r *Registry) Names() []string { return slices.Sorted(maps.Keys(r.formats)) }

// ForPath returns the format that a file name's ending means; the ending of a compressed file is the one before it.
func (r *Registry) ForPath(path string) (*Format, bool) {
	path = strings.ToLower(path)
	for _, packed := range []string{".gz", ".zst"} {
		path = strings.TrimSuffix(path, packed)
	}
	for _, name := range r.Names() {
		for _, ending := range r.formats[name].Endings {
			if strings.HasSuffix(path, ending) {
				return r.formats[name], true
			}
		}
	}
	return nil, false
}
