package sshd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"threatbench/api/clean"
)

// maxFile is the most that is read of a file of keys or roles, in bytes.
const maxFile = 1 << 20

// Book says who may come in: the keys of an authorized_keys file, and what
// their owners may do by the roles file. Both are read again when they change.
// It is safe for concurrent use.
type Book struct {
	keysPath  string
	rolesPath string // "": every key may triage

	mu     sync.Mutex
	stamps [2]stamp
	people map[string]Role // by the key's fingerprint
}

// stamp tells a changed file from one that is as it was.
type stamp struct {
	size int64
	mod  time.Time
}

// OpenBook reads both files. rolesPath "" means that every key may triage.
func OpenBook(keysPath, rolesPath string) (*Book, error) {
	b := &Book{keysPath: keysPath, rolesPath: rolesPath}
	_, err := b.Refresh()
	return b, err
}

// Who is the role of a key; ok is false for one that may not come in.
func (b *Book) Who(key ssh.PublicKey) (r Role, ok bool) {
	return b.Holder(ssh.FingerprintSHA256(key))
}

// Holder is the role of the key with a fingerprint.
func (b *Book) Holder(fingerprint string) (r Role, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r, ok = b.people[fingerprint]
	return r, ok
}

// Refresh reads the files again where they have changed; changed tells whether
// they had. On an error the old content holds, except that a file of keys that
// has gone lets nobody in.
func (b *Book) Refresh() (changed bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	keys, err := stampOf(b.keysPath)
	if errors.Is(err, os.ErrNotExist) && b.people != nil {
		gone := len(b.people) > 0
		b.people, b.stamps = map[string]Role{}, [2]stamp{}
		return gone, fmt.Errorf("the authorised keys are gone, nobody can come in: %w", err)
	}
	if err != nil {
		return false, fmt.Errorf("reading the authorised keys: %w", err)
	}
	roles := stamp{}
	if b.rolesPath != "" {
		if roles, err = stampOf(b.rolesPath); err != nil {
			return false, fmt.Errorf("reading the roles: %w", err)
		}
	}
	now := [2]stamp{keys, roles}
	if now == b.stamps && b.people != nil {
		return false, nil
	}
	people, err := readPeople(b.keysPath, b.rolesPath)
	if err != nil {
		return false, err
	}
	b.people, b.stamps = people, now
	return true, nil
}

func stampOf(path string) (stamp, error) {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}, err
	}
	return stamp{info.Size(), info.ModTime()}, nil
}

func readPeople(keysPath, rolesPath string) (map[string]Role, error) {
	keys, err := readKeys(keysPath)
	if err != nil {
		return nil, err
	}
	if rolesPath == "" {
		return keys, nil
	}
	roles, err := readRoles(rolesPath)
	if err != nil {
		return nil, err
	}
	people := map[string]Role{}
	for print := range keys {
		if r, ok := roles[print]; ok {
			people[print] = r
		}
	}
	return people, nil
}

// readKeys reads an authorized_keys file: everyone in it may triage, under the
// name that the key's comment is. Options before a key are refused, since they
// would promise limits that aren't kept here.
func readKeys(path string) (map[string]Role, error) {
	text, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the authorised keys: %w", err)
	}
	people := map[string]Role{}
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, comment, options, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err != nil {
			return nil, fmt.Errorf("%s:%d: not a public key", path, i+1)
		}
		if len(options) > 0 {
			return nil, fmt.Errorf("%s:%d: options before a key are not understood; say what a key may in a roles file", path, i+1)
		}
		print := ssh.FingerprintSHA256(key)
		name := clean.Line(comment)
		if name == "" {
			name = print[len("SHA256:"):][:8]
		}
		people[print] = Role{Name: name, Kind: Triage, Fingerprint: print}
	}
	return people, nil
}

// readFile reads a file whole, but no more than a megabyte of it.
func readFile(path string) (b []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b, err = io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = fmt.Errorf("%s is larger than a megabyte; is this the right file?", path)
	}
	return bytes.TrimPrefix(b, []byte("\ufeff")), err
}
