package sshd

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"threatbench/api/clean"
	"threatbench/cli/sshd/revoke"
)

// maxFile is the most that is read of one of the files, in bytes.
const maxFile = 1 << 20

// Files are where it is written who may come in.
type Files struct {
	Keys    string // authorised keys, and authorities that sign certificates
	Roles   string // what each may do; "" lets every key triage
	Revoked string // what may no longer come in; "" revokes nothing
}

// Book says who may come in. The files are read apart: what of them can't be
// understood vouches for nobody, and what can goes on to. It is safe for
// concurrent use.
type Book struct {
	files Files

	mu    sync.Mutex
	print [sha256.Size]byte // of what the files hold, or of why they can't be read
	now   *page             // never changed, only replaced
	whole []byte            // the last list of what is revoked that was understood
}

// page is what the files say at a time.
type page struct {
	keys        map[string]Role      // by fingerprint, with a name and the right to triage
	authorities map[string]authority // by fingerprint
	roles       *roles               // nil where every key may triage
	revoked     *revoke.List
	blind       error    // why nobody can be vouched for, nil where that isn't so
	troubles    []string // what is wrong with the files
}

// OpenBook reads the files. It is an error if one of them can't be read at
// all; for lines that can't see Troubles.
func OpenBook(f Files) (*Book, error) {
	b := &Book{files: f}
	b.Refresh()
	return b, b.now.blind
}

// Troubles is what is wrong with the files, in words, with the file and the
// line.
func (b *Book) Troubles() []string { return b.page().troubles }

// Counts is how many keys, authorities, and roles are understood.
func (b *Book) Counts() (keys, authorities, ofRoles int) {
	p := b.page()
	if p.roles != nil {
		ofRoles = p.roles.count
	}
	return len(p.keys), len(p.authorities), ofRoles
}

func (b *Book) page() *page {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

// Refresh reads the files again; changed tells whether they say otherwise than
// before. Their content is what is compared: a file may be replaced by one of
// the same size and time.
func (b *Book) Refresh() (changed bool) {
	var text [3][]byte
	var errs [3]error
	h := sha256.New()
	for i, path := range []string{b.files.Keys, b.files.Roles, b.files.Revoked} {
		if path != "" {
			text[i], errs[i] = readFile(path)
		}
		fmt.Fprintf(h, "%d %v\n", len(text[i]), errs[i])
		h.Write(text[i])
	}
	var print [sha256.Size]byte
	h.Sum(print[:0])
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now != nil && print == b.print {
		return false
	}
	if errs[2] == nil && revoke.CutFrom(text[2], b.whole) {
		errs[2] = fmt.Errorf("%s is the list that was there before, cut off; write lists to another file and rename it", b.files.Revoked)
	}
	b.print, b.now = print, b.files.page(text, errs)
	if errs[2] == nil && b.now.revoked != nil {
		b.whole = text[2]
	}
	return true
}

// page reads what the files hold.
func (f Files) page(text [3][]byte, errs [3]error) *page {
	p := &page{keys: map[string]Role{}, authorities: map[string]authority{}}
	if errs[0] != nil {
		p.unreadable("the authorised keys", errs[0])
	} else {
		p.readKeys(f.Keys, string(text[0]))
	}
	if f.Roles != "" {
		err := errs[1]
		p.roles = &roles{}
		if err == nil {
			var troubles []string
			p.roles, troubles, err = readRoles(f.Roles, text[1])
			p.troubles = append(p.troubles, troubles...)
		}
		if err != nil {
			p.unreadable("the roles", err)
		}
	}
	if f.Revoked != "" {
		err := errs[2]
		if err == nil {
			if p.revoked, err = revoke.Parse(text[2]); err != nil {
				err = fmt.Errorf("%s: %w", f.Revoked, err)
			} else if p.revoked.Empty() && bytes.HasPrefix(text[2], []byte("SSHKRL")) {
				p.troubles = append(p.troubles, clean.Line(f.Revoked)+" revokes nothing; a list that was cut off behind its head looks like that")
			}
		}
		if err != nil {
			p.unreadable("what is revoked", err)
		}
	}
	return p
}

// unreadable notes that a whole file can't be understood.
func (p *page) unreadable(what string, err error) {
	err = fmt.Errorf("reading %s: %w", what, err)
	p.troubles = append(p.troubles, clean.Line(err.Error())+"; nobody comes in")
	p.blind = errors.Join(p.blind, err)
}

// claim is what somebody comes with.
type claim struct {
	key  ssh.PublicKey // or certificate
	user string        // the name they log in as
}

// vouch is who comes with a claim, or why they may not come in.
func (b *Book) vouch(c claim, now time.Time) (Role, error) {
	p := b.page()
	if p.blind != nil {
		return Role{}, errBlind
	}
	if c.key == nil {
		return Role{}, errUnknown
	}
	if p.revoked != nil && p.revoked.Revokes(c.key) {
		return Role{}, errListed
	}
	if cert, ok := c.key.(*ssh.Certificate); ok {
		return p.certified(cert, c.user, now)
	}
	who, ok := p.keys[ssh.FingerprintSHA256(c.key)]
	if !ok {
		return Role{}, errUnknown
	}
	if p.roles == nil {
		return who, nil
	}
	if who, ok = p.roles.keys[who.Fingerprint]; !ok {
		return Role{}, errNoRole
	}
	return who, nil
}

// readKeys reads an authorized_keys file: everyone in it may triage, under the
// name that the key's comment is. A line that isn't understood vouches for
// nobody. Options before a key are refused, since they would promise limits
// that aren't kept here; those of an authority are another matter.
func (p *page) readKeys(path, text string) {
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := p.readKey(line); err != nil {
			p.troubles = append(p.troubles, fmt.Sprintf("%s:%d: %v; this line lets nobody in", clean.Line(path), i+1, err))
		}
	}
}

func (p *page) readKey(line string) error {
	key, comment, options, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		return errors.New("not a public key")
	}
	if _, cert := key.(*ssh.Certificate); cert {
		return errors.New("a certificate; name the authority that signed it: cert-authority KEY")
	}
	if slices.Contains(options, "cert-authority") {
		a, err := newAuthority(comment, options)
		if err == nil {
			p.authorities[ssh.FingerprintSHA256(key)] = a
		}
		return err
	}
	if len(options) > 0 {
		return errors.New("options before a key are not understood; say what a key may in a roles file")
	}
	print := ssh.FingerprintSHA256(key)
	name := clean.Line(comment)
	if name == "" {
		name = print[len("SHA256:"):][:8]
	}
	p.keys[print] = Role{Name: name, Kind: Triage, Fingerprint: print}
	return nil
}

// readFile reads a file whole, but no more than a megabyte of it, and nothing
// that would have to be waited for.
func readFile(path string) (b []byte, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b, err = io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(b) > maxFile {
		return nil, fmt.Errorf("%s is larger than a megabyte; is this the right file?", path)
	}
	return bytes.TrimPrefix(b, []byte("\ufeff")), err
}
