package retry

import (
	"math/rand/v2"
	"time"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/dsl/source"
)

// Config is what a document says under retry.
type Config struct {
	Base       time.Duration `flow:"base,min=1ms" doc:"The pause before the first retry lasts up to this long, before each further one up to twice as long as before."`
	Max        time.Duration `flow:"max,min=1ms" doc:"No pause is longer, unless the peer asks for more."`
	MaxElapsed time.Duration `flow:"max_elapsed,min=0s" doc:"When to give up, counted from the first attempt; 0s never does: the pipeline waits, and loses nothing."`
}

// Defaults are those of every component that does not say otherwise.
func Defaults() Config { return Config{Base: 100 * time.Millisecond, Max: 30 * time.Second} }

// Validate reports bounds that contradict each other.
func (c Config) Validate(at dsl.Node) source.Diagnostics {
	if c.Max >= c.Base {
		return nil
	}
	place := at.Range
	for _, name := range []string{"base", "max"} {
		if at.Has(name) {
			place = at.Field(name).Range
		}
	}
	return source.Diagnostics{{
		Code: "retry-max", Range: place, Found: "max is " + c.Max.String() + ", and base " + c.Base.String(),
		Expected: "a longest pause that is not shorter than the first", Fix: "write `max: " + (10 * c.Base).String() + "`",
	}}
}

// pause is how long to wait behind a failed attempt, the first being number 1: anything up to a bound that doubles, so that
// many who failed at once do not come back at once.
func (c Config) pause(attempt int, random func() float64) time.Duration {
	bound := c.Max
	if shift := attempt - 1; shift < 62 && c.Base<<shift>>shift == c.Base {
		bound = min(bound, c.Base<<shift)
	}
	if random == nil {
		random = rand.Float64
	}
	return time.Duration(random() * float64(bound))
}
