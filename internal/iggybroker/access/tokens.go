package access

import (
	"math"
	"slices"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// MaxTokens is how many personal access tokens a user may have.
const MaxTokens = 100

// Token is a personal access token as it is stored: without its text.
type Token struct {
	Name        string      `json:"name"`
	Fingerprint string      `json:"fingerprint"`
	Expiry      wire.Micros `json:"expiry,omitempty"` // when; 0 is never
}

// CreateToken gives a user a token, whose text is told this once.
func (u *Users) CreateToken(id uint32, r *wire.NewToken, now wire.Micros) (string, error) {
	if len(r.Name) < 3 || len(r.Name) > 30 {
		return "", wire.InvalidTokenName
	}
	text, err := NewSecret()
	if err != nil {
		return "", err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	v, err := u.must(wire.ID(id))
	if err != nil {
		return "", err
	}
	if len(v.Tokens) >= MaxTokens {
		return "", wire.TokensLimitReached
	}
	if slices.ContainsFunc(v.Tokens, func(t Token) bool { return t.Name == r.Name }) {
		return "", wire.TokenAlreadyExists
	}
	t := Token{Name: r.Name, Fingerprint: fingerprint(text)}
	if r.Expiry != wire.ServerDefault && r.Expiry != wire.Never && r.Expiry <= math.MaxUint64-now {
		t.Expiry = now + r.Expiry
	}
	v.Tokens = append(v.Tokens, t)
	return text, nil
}

// DeleteToken removes a token of a user by its name.
func (u *Users) DeleteToken(id uint32, name string) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	v, err := u.must(wire.ID(id))
	if err != nil {
		return err
	}
	n := len(v.Tokens)
	v.Tokens = slices.DeleteFunc(v.Tokens, func(t Token) bool { return t.Name == name })
	if len(v.Tokens) == n {
		return wire.ResourceNotFound
	}
	return nil
}

// Tokens are the tokens of a user.
func (u *Users) Tokens(id uint32) []Token {
	u.mu.RLock()
	defer u.mu.RUnlock()
	v := u.find(wire.ID(id))
	if v == nil {
		return nil
	}
	return slices.Clone(v.Tokens)
}

// LoginToken checks a token and returns its user's id.
func (u *Users) LoginToken(text string, now wire.Micros) (uint32, error) {
	wanted := fingerprint(text)
	u.mu.RLock()
	defer u.mu.RUnlock()
	for _, v := range u.list {
		for _, t := range v.Tokens {
			switch {
			case t.Fingerprint != wanted:
				continue
			case t.Expiry != 0 && t.Expiry <= now:
				return 0, wire.TokenExpired
			case v.Status != wire.UserActive:
				return 0, wire.UserInactive
			}
			return v.ID, nil
		}
	}
	return 0, wire.InvalidToken
}
