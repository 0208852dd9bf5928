package iceberg

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// defaultScope is what the protocol asks for when nothing else is said.
const defaultScope = "catalog"

// errLogin is the error of a login that the token endpoint has refused.
var errLogin = errors.New("the login is refused")

// tokens hands out bearer tokens. It is safe for concurrent use.
type tokens struct {
	fixed  string                    // the token of the document; empty with a credential
	login  *clientcredentials.Config // nil with a fixed token
	client *http.Client

	mu     sync.Mutex
	cached *oauth2.Token // nil before the first login, and behind a refusal
}

// newTokens returns nil when c has no login.
func newTokens(c REST, catalog *url.URL, base *http.Transport) *tokens {
	switch {
	case !c.Token.IsZero():
		return &tokens{fixed: c.Token.Reveal()}
	case c.Credential.IsZero():
		return nil
	}
	id, secret, ok := strings.Cut(c.Credential.Reveal(), ":")
	if !ok {
		id, secret = "", id
	}
	login := &clientcredentials.Config{
		ClientID: id, ClientSecret: secret, TokenURL: c.TokenURI, Scopes: []string{defaultScope}, AuthStyle: oauth2.AuthStyleInParams,
	}
	if c.TokenURI == "" {
		login.TokenURL = catalog.JoinPath("v1", "oauth", "tokens").String()
	}
	if c.Scope != "" {
		login.Scopes = []string{c.Scope}
	}
	return &tokens{login: login, client: &http.Client{
		Transport: base,
		// The secret stands in the body, which a redirect would carry to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// get returns a token that should be valid, and logs in for it where there is none. The deadline is that of ctx.
func (t *tokens) get(ctx context.Context) (string, error) {
	if t.fixed != "" {
		return t.fixed, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cached.Valid() {
		return t.cached.AccessToken, nil
	}
	token, err := t.login.Token(context.WithValue(ctx, oauth2.HTTPClient, t.client))
	if answer, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return "", loginError(t.login.TokenURL, answer)
	}
	if err != nil {
		return "", fmt.Errorf("log in at %s: %w", t.login.TokenURL, err)
	}
	t.cached = token
	return token.AccessToken, nil
}

// loginError leaves out the body of the answer, which may repeat what was sent.
func loginError(at string, answer *oauth2.RetrieveError) error {
	status := answer.Response.StatusCode
	reason := http.StatusText(status)
	if answer.ErrorCode != "" {
		reason = answer.ErrorCode
	}
	if status == http.StatusBadRequest || status == http.StatusUnauthorized || status == http.StatusForbidden {
		return fmt.Errorf("log in at %s: %d %s: %w; check `credential` and `scope`", at, status, reason, errLogin)
	}
	return fmt.Errorf("log in at %s: %d %s", at, status, reason)
}

// renew forgets a token that was refused, and reports whether another one can be had.
func (t *tokens) renew(refused string) bool {
	if t == nil || t.login == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cached != nil && t.cached.AccessToken == refused {
		t.cached = nil
	}
	return true
}
