package sshd

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/crypto/ssh"
)

// HostKey reads the server's private key, or makes one (Ed25519, mode 0600)
// where there is none; made tells which. A key that others can read is
// refused.
func HostKey(path string) (key ssh.Signer, made bool, err error) {
	pemBytes, err := readPrivate(path)
	if errors.Is(err, fs.ErrNotExist) {
		made = true
		pemBytes, err = makeHostKey(path)
	}
	if err != nil {
		return nil, false, fmt.Errorf("host key: %w", err)
	}
	key, err = ssh.ParsePrivateKey(pemBytes)
	if err != nil {
		return nil, false, fmt.Errorf("host key %s is no private key without a passphrase: %w", path, err)
	}
	return key, made, nil
}

// readPrivate reads a small file that only its owner may read. The mode is
// that of the opened file, not of whatever the name means a moment later.
func readPrivate(path string) (b []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("%s is open to others (mode %04o): run chmod 600 %s", path, mode, path)
	}
	return io.ReadAll(io.LimitReader(f, maxFile))
}

// makeHostKey writes a new key where nothing is yet, and returns it.
func makeHostKey(path string) ([]byte, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	block, err := ssh.MarshalPrivateKey(private, "threatbench host key")
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	text := pem.EncodeToMemory(block)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("making the key's directory: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, errors.Join(err, os.Remove(path))
	}
	return text, nil
}
