package iceberg

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"

	ice "github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/catalog/rest"

	"github.com/iggy-flow/iggy-flow/dsl"
	"github.com/iggy-flow/iggy-flow/engine/retry"
)

// REST says which catalog speaks the Iceberg REST protocol, and as whom.
type REST struct {
	URI       string // of the catalog, without /v1
	Warehouse string // what the catalog calls the warehouse; empty for its default

	Token      dsl.Secret // bearer token; empty for none
	Credential dsl.Secret // client-id:client-secret, in the place of Token
	TokenURI   string     // where Credential is exchanged for tokens; URI/v1/oauth/tokens when it is empty
	Scope      string     // of these tokens; catalog when it is empty

	Headers map[string]dsl.Secret // sent with every request

	CAFile     string // certificates in PEM that are trusted in the place of the system's; empty for these
	ServerName string // in the server's certificate; the host of URI when it is empty
}

// openREST asks the catalog for its configuration. The login is ours: the library keeps a token until it expires, whatever
// the catalog says of it, and hands it to whichever host it is sent to.
func openREST(ctx context.Context, c REST) (*rest.Catalog, func() error, error) {
	transport, err := newRESTTransport(c)
	if err != nil {
		return nil, nil, fmt.Errorf("open the catalog %s: %w", c.URI, err)
	}
	ctx, cancel := context.WithTimeout(ctx, callDeadline)
	defer cancel()
	options := []rest.Option{
		rest.WithCustomTransport(transport),
		rest.WithAdditionalProps(ice.Properties{fileIOProperty: "durable"}),
	}
	if c.Warehouse != "" {
		options = append(options, rest.WithWarehouseLocation(c.Warehouse))
	}
	cat, err := rest.NewCatalog(ctx, catalogName, c.URI, options...)
	if err != nil {
		transport.base.CloseIdleConnections()
		return nil, nil, fmt.Errorf("open the catalog %s: %w", c.URI, refusal(err))
	}
	return cat, func() error {
		err := cat.Close()
		transport.base.CloseIdleConnections()
		return err
	}, nil
}

// restTransport is how requests reach the catalog: with our headers and login, and to no other host.
type restTransport struct {
	base    *http.Transport
	scheme  string
	host    string
	headers map[string]dsl.Secret
	tokens  *tokens // nil without a login
}

var _ http.RoundTripper = (*restTransport)(nil)

func newRESTTransport(c REST) (*restTransport, error) {
	u, err := url.Parse(c.URI)
	if err != nil {
		return nil, err
	}
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.TLSClientConfig = &tls.Config{ServerName: c.ServerName, MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, err
		}
		base.TLSClientConfig.RootCAs = x509.NewCertPool()
		if !base.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate in PEM", c.CAFile)
		}
	}
	return &restTransport{base: base, scheme: u.Scheme, host: u.Host, headers: c.Headers, tokens: newTokens(c, u, base)}, nil
}

// RoundTrip sends a request, and once more when the catalog has refused a token that another one can replace.
func (t *restTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != t.host || r.URL.Scheme != t.scheme {
		return nil, fmt.Errorf("the catalog sends us to %s://%s, and the login is for %s://%s alone; write the former as `uri`",
			r.URL.Scheme, r.URL.Host, t.scheme, t.host)
	}
	answer, token, err := t.send(r)
	if err != nil || !expired(answer) || !t.tokens.renew(token) {
		return answer, err
	}
	_ = answer.Body.Close() // it is not read
	if r.Body != nil {
		if r.Body, err = r.GetBody(); err != nil {
			return nil, err
		}
	}
	answer, _, err = t.send(r)
	return answer, err
}

// expired reports an answer that means that the token is not valid any more: 419 is the protocol's own.
func expired(answer *http.Response) bool {
	const authorizationExpired = 419
	return answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == authorizationExpired
}

func (t *restTransport) send(r *http.Request) (answer *http.Response, token string, err error) {
	r = r.Clone(r.Context())
	for name, value := range t.headers {
		r.Header.Set(name, value.Reveal())
	}
	if t.tokens != nil {
		if token, err = t.tokens.get(r.Context()); err != nil {
			return nil, "", err
		}
		r.Header.Set("Authorization", "Bearer "+token)
	}
	// A commit whose snapshot was rolled back is found only among all snapshots.
	if q := r.URL.Query(); q.Has("snapshots") {
		q.Set("snapshots", string(rest.SnapshotModeAll))
		r.URL.RawQuery = q.Encode()
	}
	answer, err = t.base.RoundTrip(r)
	return answer, token, err
}

// refusal marks as permanent the error of a catalog that has understood the request and will not do it, ever. An answer
// that leaves open whether it did is no refusal, and neither is a conflict: what follows both is seen by loading the table.
func refusal(err error) error {
	for _, e := range []error{
		rest.ErrBadRequest, rest.ErrUnauthorized, rest.ErrForbidden, rest.ErrAuthorizationExpired, rest.ErrEndpointNotSupported,
		ice.ErrNotImplemented, errLogin,
	} {
		if errors.Is(err, e) {
			return retry.Permanent(err)
		}
	}
	return err
}
