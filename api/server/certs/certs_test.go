package certs

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// made is a self-signed certificate: authority, server and client in one.
type made struct {
	cert, key []byte // PEM
	pool      *x509.CertPool
	pair      tls.Certificate
}

func newCert(t *testing.T, number int64) made {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(number), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Unix(0, 0), NotAfter: time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	m := made{
		cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		key:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), pool: x509.NewCertPool(),
	}
	m.pool.AppendCertsFromPEM(m.cert)
	if m.pair, err = tls.X509KeyPair(m.cert, m.key); err != nil {
		t.Fatal(err)
	}
	return m
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// rig is a server whose certificate stands in files, and a clock for when it
// looks at them.
type rig struct {
	files Files
	clock time.Time
	log   bytes.Buffer
	url   string
}

func newRig(t *testing.T, c made, clientCA []byte) *rig {
	t.Helper()
	dir := t.TempDir()
	r := &rig{files: Files{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}, clock: time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)}
	write(t, r.files.Cert, c.cert)
	write(t, r.files.Key, c.key)
	if clientCA != nil {
		r.files.ClientCA = filepath.Join(dir, "ca.pem")
		write(t, r.files.ClientCA, clientCA)
	}
	config, err := Config(r.files, func() time.Time { return r.clock }, slog.New(slog.NewTextHandler(&r.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { _, _ = io.WriteString(w, q.Proto) }))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	_ = s.Listener.Close()
	s.Listener = tls.NewListener(l, config)
	s.Start()
	t.Cleanup(s.Close)
	r.url = "https://" + l.Addr().String()
	return r
}

// get asks over a connection of its own, and tells the number of the
// certificate that the server showed.
func (r *rig) get(t *testing.T, trust *x509.CertPool, own ...tls.Certificate) (int64, error) {
	t.Helper()
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust, Certificates: own, MinVersion: tls.VersionTLS12}}
	defer tr.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Client{Transport: tr}).Do(req)
	if err != nil {
		return 0, err
	}
	return res.TLS.PeerCertificates[0].SerialNumber.Int64(), res.Body.Close()
}

func TestCertificateIsReadAgainWhenItChanges(t *testing.T) {
	first, second := newCert(t, 1), newCert(t, 2)
	r := newRig(t, first, nil)
	if n, err := r.get(t, first.pool); n != 1 || err != nil {
		t.Fatalf("got certificate %d, %v", n, err)
	}
	write(t, r.files.Cert, []byte("half of a new certificate"))
	r.clock = r.clock.Add(time.Minute)
	if n, err := r.get(t, first.pool); n != 1 || err != nil {
		t.Errorf("a certificate that can't be read: got %d, %v", n, err)
	}
	if !strings.Contains(r.log.String(), "the last one stays") {
		t.Errorf("it isn't told: %s", r.log.String())
	}
	write(t, r.files.Key, second.key)
	write(t, r.files.Cert, append(second.cert, '\n'))
	r.clock = r.clock.Add(time.Minute)
	if n, err := r.get(t, second.pool); n != 2 || err != nil {
		t.Errorf("the new one: got %d, %v", n, err)
	}
}

func TestOnlyClientsOfTheAuthorityGetIn(t *testing.T) {
	server, client, stranger := newCert(t, 1), newCert(t, 2), newCert(t, 3)
	r := newRig(t, server, client.cert)
	if n, err := r.get(t, server.pool, client.pair); n != 1 || err != nil {
		t.Errorf("a known client: %d, %v", n, err)
	}
	if _, err := r.get(t, server.pool); err == nil {
		t.Error("a client without a certificate got in")
	}
	if _, err := r.get(t, server.pool, stranger.pair); err == nil {
		t.Error("a client of another authority got in")
	}
}

func TestFilesThatCantBeUsedAreRefused(t *testing.T) {
	c := newCert(t, 1)
	dir := t.TempDir()
	cert, key, other, text := filepath.Join(dir, "c"), filepath.Join(dir, "k"), filepath.Join(dir, "o"), filepath.Join(dir, "t")
	write(t, cert, c.cert)
	write(t, key, c.key)
	write(t, other, newCert(t, 2).key)
	write(t, text, []byte("no PEM"))
	for name, f := range map[string]Files{
		"no file": {Cert: filepath.Join(dir, "none"), Key: key}, "another key": {Cert: cert, Key: other},
		"no certificate": {Cert: text, Key: key}, "no authority": {Cert: cert, Key: key, ClientCA: text},
	} {
		if _, err := Config(f, time.Now, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
