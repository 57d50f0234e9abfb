// Package certs makes the TLS configuration of a server from files, and reads
// them again when they change.
package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Files names what a server proves itself with, in PEM. ClientCA may be empty;
// named, only clients with a certificate of one of its authorities get in.
type Files struct {
	Cert     string
	Key      string
	ClientCA string
}

// lookEvery bounds how often the files are looked at.
const lookEvery = time.Second

// Config reads the files, and gives a configuration that reads them again for
// connections that come after they changed. Files that can't be read by then
// leave in place what was read last, and are told in log.
func Config(f Files, now func() time.Time, log *slog.Logger) (*tls.Config, error) {
	k := &keeper{files: f, now: now, log: log}
	if err := k.load(); err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"},
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return k.current(), nil
		},
	}, nil
}

// keeper holds what the files said last.
type keeper struct {
	files Files
	now   func() time.Time
	log   *slog.Logger

	mu     sync.Mutex
	config *tls.Config
	looked time.Time
	state  [3]stamp
}

// stamp tells one state of a file from another.
type stamp struct {
	changed time.Time
	size    int64
}

func (k *keeper) current() *tls.Config {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	if now.Sub(k.looked) < lookEvery && !now.Before(k.looked) {
		return k.config
	}
	k.looked = now
	if stamps, err := k.files.stamps(); err == nil && stamps == k.state {
		return k.config
	}
	if err := k.load(); err != nil {
		k.log.Error("the certificate changed and can't be read; the last one stays", slog.String("error", err.Error()))
	} else {
		k.log.Info("the certificate was read again")
	}
	return k.config
}

// load reads the files. What they were like is remembered even where they
// can't be read, so that it is told once.
func (k *keeper) load() error {
	stamps, err := k.files.stamps()
	if err != nil {
		return err
	}
	k.state, k.looked = stamps, k.now()
	pair, err := tls.LoadX509KeyPair(k.files.Cert, k.files.Key)
	if err != nil {
		return fmt.Errorf("reading the certificate %s with its key %s: %w", k.files.Cert, k.files.Key, err)
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, Certificates: []tls.Certificate{pair}}
	if k.files.ClientCA != "" {
		pem, err := os.ReadFile(k.files.ClientCA)
		if err != nil {
			return fmt.Errorf("reading the clients' authorities: %w", err)
		}
		c.ClientCAs, c.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
		if !c.ClientCAs.AppendCertsFromPEM(pem) {
			return errors.New("reading the clients' authorities: " + k.files.ClientCA + " holds no certificate in PEM")
		}
	}
	k.config = c
	return nil
}

func (f Files) stamps() (out [3]stamp, err error) {
	for i, path := range []string{f.Cert, f.Key, f.ClientCA} {
		if path == "" {
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			return out, fmt.Errorf("looking at the certificate: %w", err)
		}
		out[i] = stamp{info.ModTime(), info.Size()}
	}
	return out, nil
}
