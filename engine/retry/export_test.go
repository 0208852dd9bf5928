package retry

import "time"

// Pause lets the law of pauses be tested for numbers of attempts that no test waits for.
func Pause(c Config, attempt int, random func() float64) time.Duration {
	return c.pause(attempt, random)
}
