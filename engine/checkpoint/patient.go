package checkpoint

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"
)

// The pause between two attempts at a Save doubles from the first to the second of these, with full jitter.
const (
	savePause    = 100 * time.Millisecond
	savePauseMax = 10 * time.Second
)

// Patient is a Store whose Save tries again, until ctx is done, for as long as the store says that it is unavailable: a
// full disk holds the pipeline up, no input is told anything meanwhile, and it goes on when there is room again.
type Patient struct {
	Store
	log *slog.Logger
}

// NewPatient returns s with patience. It logs every attempt that fails.
func NewPatient(s Store, log *slog.Logger) *Patient { return &Patient{s, log} }

// Save implements Store.
func (p *Patient) Save(ctx context.Context, data []byte) error {
	pause := savePause
	for attempt := 1; ; attempt++ {
		err := p.Store.Save(ctx, data)
		if err == nil || !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrOvertaken) || ctx.Err() != nil {
			return err
		}
		wait := rand.N(pause) + time.Millisecond
		p.log.Warn("the state cannot be stored; nothing is committed until it can", "attempt", attempt, "next_in", wait.Round(time.Millisecond), "error", err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return err
		}
		pause = min(2*pause, savePauseMax)
	}
}
