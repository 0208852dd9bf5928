// Package retry is the one policy by which components repeat what failed: full jitter between growing pauses, classes of
// errors, a deadline for every attempt, and a breaker for each endpoint, so that a peer that is down is left alone.
//
// Only what is safe to repeat may be handed to a Policy: requests that change nothing, that are idempotent, or whose
// effect is looked for before they are repeated.
package retry
