package dsl

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Version names what the document says: a hash of its text and of the values of its vars. Literal secrets, and vars with
// the name of one, are left out, so that it tells nothing of them.
func (d *Document) Version() string {
	h := sha256.New()
	h.Write(d.File.Redacted())
	for _, v := range d.Vars {
		if !secretName.MatchString(v.Name) {
			fmt.Fprintf(h, "\x00%s=%v", v.Name, v.Value)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Redact returns text with asterisks in the place of every secret that was decoded with s.
func (s *Scope) Redact(text string) string {
	for _, t := range s.secrets {
		text = strings.ReplaceAll(text, t, hiddenText)
	}
	return text
}

// keep notes a secret for Redact. The longest stay in front, so that one that holds another is hidden whole.
func (s *Scope) keep(secret string) {
	if secret == "" || slices.Contains(s.secrets, secret) {
		return
	}
	i := 0
	for i < len(s.secrets) && len(s.secrets[i]) > len(secret) {
		i++
	}
	s.secrets = slices.Insert(s.secrets, i, secret)
}
