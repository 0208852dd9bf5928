package checkpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// DefaultDirectory is where the state of a document is kept when the user names no other place:
// $XDG_STATE_HOME/iggy-flow/NAME-HASH, or below ~/.local/state where the variable is unset. The hash is of the document's
// absolute path, so that two documents of one name in two folders do not meet.
func DefaultDirectory(pipeline, document string) (string, error) {
	absolute, err := filepath.Abs(document)
	if err != nil {
		return "", fmt.Errorf("find the state directory: %w", err)
	}
	base := os.Getenv("XDG_STATE_HOME")
	if base == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("find the state directory: %w; name one with --state", err)
		}
		base = filepath.Join(home, ".local", "state")
	}
	sum := sha256.Sum256([]byte(absolute))
	return filepath.Join(base, "iggy-flow", pipeline+"-"+hex.EncodeToString(sum[:4])), nil
}
