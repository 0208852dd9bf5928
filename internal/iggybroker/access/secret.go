package access

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"slices"
)

// iterations make guessing a stored password slow. A password that was right once is remembered by a quick hash in memory,
// so that many connections of one user stay cheap.
const iterations = 100_000

type hash struct {
	Salt []byte `json:"salt"`
	Sum  []byte `json:"sum"`
}

func hashPassword(password string) (hash, error) {
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return hash{}, fmt.Errorf("draw a salt: %w", err)
	}
	sum, err := pbkdf2.Key(sha256.New, password, salt, iterations, 32)
	if err != nil {
		return hash{}, fmt.Errorf("hash a password: %w", err)
	}
	return hash{salt, sum}, nil
}

func (h hash) matches(password string) bool {
	sum, err := pbkdf2.Key(sha256.New, password, h.Salt, iterations, 32)
	return err == nil && subtle.ConstantTimeCompare(sum, h.Sum) == 1
}

// quick is a hash of password that is not slow, for the memory of this process alone.
func (h hash) quick(password string) [sha256.Size]byte {
	return sha256.Sum256(append(slices.Clone(h.Salt), password...))
}

// NewSecret draws a secret of 32 random bytes, in hexadecimal.
func NewSecret() (string, error) {
	b := make([]byte, 32)
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("draw a secret: %w", err)
	}
	return hex.EncodeToString(b), nil
}

// fingerprint names a token without telling it.
func fingerprint(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
