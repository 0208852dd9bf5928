package iggy_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/iggy-flow/iggy-flow/internal/iggy"
	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// certificate makes a certificate for the name "iggy.test" that signs itself, and a file that holds it as its own authority.
func certificate(t *testing.T, until time.Time) (server *tls.Config, caFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "iggy.test"}, DNSNames: []string{"iggy.test"},
		NotBefore: until.Add(-48 * time.Hour), NotAfter: until, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	caFile = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, caFile
}

func TestTLS(t *testing.T) {
	server, caFile := certificate(t, time.Now().Add(time.Hour))
	f := startFakeTLS(t, server, func(_ *fakeConn, r wire.Request) (wire.Reply, error) {
		if r.Command() == wire.PollMessages {
			return stored(0, 7, strings.Repeat("large ", 50_000)), nil
		}
		return nil, nil
	})
	c := f.config()
	c.TLS = &iggy.TLS{CAFile: caFile, ServerName: "iggy.test"}
	client := dial(t, c)
	var b iggy.Batch
	for range 3 {
		if err := client.Poll(within(t), poll(7), &b); err != nil {
			t.Fatal(err)
		}
		if b.Len() != 1 || len(b.Payload(0)) != 300_000 {
			t.Fatalf("%d messages", b.Len())
		}
	}
}

func TestFault47TLSThatProvesNothingIsRefused(t *testing.T) {
	good, caFile := certificate(t, time.Now().Add(time.Hour))
	expired, expiredCA := certificate(t, time.Now().Add(-time.Hour))
	_, otherCA := certificate(t, time.Now().Add(time.Hour))
	old := good.Clone()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	noPEM := filepath.Join(t.TempDir(), "no.pem")
	if err := os.WriteFile(noPEM, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		server *tls.Config
		client *iggy.TLS
		want   string
	}{
		{"wrong name", good, &iggy.TLS{CAFile: caFile, ServerName: "other.test"},
			"connect to ADDRESS with TLS: x509: certificate is valid for iggy.test, not other.test; check `tls.server_name`"},
		{"name of the address", good, &iggy.TLS{CAFile: caFile},
			"connect to ADDRESS with TLS: x509: cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs; check `tls.server_name`"},
		{"another authority", good, &iggy.TLS{CAFile: otherCA, ServerName: "iggy.test"},
			"connect to ADDRESS with TLS: x509: certificate signed by unknown authority...; check `tls.ca_file`"},
		{"the system's authorities", good, &iggy.TLS{ServerName: "iggy.test"},
			"connect to ADDRESS with TLS: x509: certificate signed by unknown authority; check `tls.ca_file`"},
		{"no authority", good, &iggy.TLS{CAFile: "missing.pem"},
			"connect to ADDRESS: open missing.pem: no such file or directory; check `tls.ca_file`"},
		{"no PEM", good, &iggy.TLS{CAFile: noPEM},
			"connect to ADDRESS: " + noPEM + " has no certificate in PEM; check `tls.ca_file`"},
		{"server without TLS", nil, &iggy.TLS{CAFile: caFile},
			"connect to ADDRESS with TLS: the server does not speak TLS at this port; check `tls`"},
		{"client without TLS", good, nil,
			"connect to ADDRESS: the server expects TLS; check `tls`"},
		{"an old version", old, &iggy.TLS{CAFile: caFile, ServerName: "iggy.test"},
			"connect to ADDRESS with TLS: the server refuses the handshake: tls: protocol version not supported; expected TLS 1.2 or newer; check `tls`"},
		{"expired", expired, &iggy.TLS{CAFile: expiredCA, ServerName: "iggy.test"},
			"connect to ADDRESS with TLS: the certificate of iggy.test: x509: certificate has expired or is not yet valid...; check `tls.ca_file`"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := startFakeTLS(t, test.server, nil)
			c := f.config()
			c.TLS = test.client
			got := strings.ReplaceAll(refusal(t, c).Error(), f.address, "ADDRESS")
			begin, end, cut := strings.Cut(test.want, "...") // where crypto/x509 says more
			if got != test.want && !(cut && strings.HasPrefix(got, begin) && strings.HasSuffix(got, end)) {
				t.Errorf("%s\nwant %s", got, test.want)
			}
		})
	}
}
