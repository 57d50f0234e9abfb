// Package revoke reads lists of what may no longer come in: plain lists of
// public keys and fingerprints, and OpenSSH's binary key revocation lists.
package revoke

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// List is what is revoked. The zero List revokes nothing.
type List struct {
	keys   map[string]bool // whole keys, as they are sent
	sha1   map[string]bool // hashes of keys
	sha256 map[string]bool
	certs  []authority
}

// authority is the certificates of one authority that are revoked.
type authority struct {
	key     string // of the authority as it is sent, "" for every one
	serials map[uint64]bool
	ranges  [][2]uint64 // both ends included
	ids     map[string]bool
}

func empty() *List {
	return &List{keys: map[string]bool{}, sha1: map[string]bool{}, sha256: map[string]bool{}}
}

// Parse reads a list. A plain one has a public key or its SHA256:… fingerprint
// on each line; a certificate there stands for its key. Lists that ssh-keygen
// -k makes are understood whole; signed ones are refused. Nothing of a list
// that isn't understood can be relied on, so that any mistake is an error.
func Parse(b []byte) (*List, error) {
	if bytes.HasPrefix(b, []byte(magic)) {
		return parseBinary(b[len(magic):])
	}
	if len(b) == 0 {
		return nil, errors.New("the file is empty, as one that is being written; a list of nobody has a line such as: # nobody")
	}
	return parsePlain(string(b))
}

// CutFrom reports whether a list made by ssh-keygen is another one, cut off.
// Cut between two sections it looks whole, as the form holds no length of it
// all; a list made anew has another date in its head.
func CutFrom(b, whole []byte) bool {
	return len(b) < len(whole) && bytes.HasPrefix(b, []byte(magic)) && bytes.HasPrefix(whole, b)
}

// Empty reports whether nothing is revoked.
func (l *List) Empty() bool { return len(l.keys)+len(l.sha1)+len(l.sha256)+len(l.certs) == 0 }

func parsePlain(text string) (*List, error) {
	l := empty()
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if hash, ok := fingerprint(line); ok {
			l.sha256[hash] = true
			continue
		}
		key, _, options, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err != nil || len(options) > 0 {
			return nil, fmt.Errorf("line %d: want a public key or its SHA256:… fingerprint; serial numbers and key ids stand in a list made by ssh-keygen -k", i+1)
		}
		l.keys[blob(key)] = true
	}
	return l, nil
}

// fingerprint reads SHA256:…, with whatever is said of it behind a blank.
func fingerprint(line string) (hash string, ok bool) {
	text, ok := strings.CutPrefix(line, "SHA256:")
	if !ok {
		return "", false
	}
	text, _, _ = strings.Cut(text, " ")
	b, err := base64.RawStdEncoding.DecodeString(text)
	return string(b), err == nil && len(b) == sha256.Size
}

// blob is a key as it is sent; of a certificate, the key that it is for.
func blob(key ssh.PublicKey) string {
	if cert, ok := key.(*ssh.Certificate); ok {
		key = cert.Key
	}
	return string(key.Marshal())
}

// Revokes tells whether a key is revoked; of a certificate, whether it is
// itself, or its key, or its authority.
func (l *List) Revokes(key ssh.PublicKey) bool {
	if l.names(blob(key)) {
		return true
	}
	cert, ok := key.(*ssh.Certificate)
	if !ok {
		return false
	}
	signer := blob(cert.SignatureKey)
	if l.names(signer) {
		return true
	}
	for _, a := range l.certs {
		if (a.key == "" || a.key == signer) && a.revokes(cert) {
			return true
		}
	}
	return false
}

// names tells whether a key stands in the list by itself or by a hash.
func (l *List) names(key string) bool {
	h1, h2 := sha1.Sum([]byte(key)), sha256.Sum256([]byte(key))
	return l.keys[key] || l.sha1[string(h1[:])] || l.sha256[string(h2[:])]
}

// revokes tells whether a certificate stands in the list. As with OpenSSH a
// serial of zero is none: such certificates are revoked by their key or id.
func (a authority) revokes(c *ssh.Certificate) bool {
	if a.ids[c.KeyId] {
		return true
	}
	if c.Serial == 0 {
		return false
	}
	if a.serials[c.Serial] {
		return true
	}
	for _, r := range a.ranges {
		if r[0] <= c.Serial && c.Serial <= r[1] {
			return true
		}
	}
	return false
}
