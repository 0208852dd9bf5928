package checkpoint

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/iggy-flow/iggy-flow/engine/retry"
)

// savePauseMax is the longest pause between two attempts at a Save: when there is room again, the pipeline goes on soon.
const savePauseMax = 10 * time.Second

// Patient is a Store whose Save tries again, until ctx is done, for as long as the store says that it is unavailable: a
// full disk holds the pipeline up, no input is told anything meanwhile, and it goes on when there is room again.
type Patient struct {
	Store
	policy retry.Policy
}

// NewPatient returns s with patience. It logs every attempt that fails.
func NewPatient(s Store, log *slog.Logger) *Patient {
	c := retry.Defaults()
	c.Max, c.MaxElapsed = savePauseMax, 0
	return &Patient{s, retry.Policy{Config: c, Observe: retry.Log(log, "the state cannot be stored, and nothing is committed until it can: trying again")}}
}

// Save implements Store.
func (p *Patient) Save(ctx context.Context, data []byte) error {
	return p.policy.Do(ctx, func(ctx context.Context) error {
		err := p.Store.Save(ctx, data)
		if errors.Is(err, ErrUnavailable) && !errors.Is(err, ErrOvertaken) {
			return err
		}
		return retry.Permanent(err)
	})
}
