package sshd

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"threatbench/api/clean"
)

// Entry is one line of the audit log: who, from where, when, what, on how many
// ids, and how it ended. It holds no secret and no content of events.
type Entry struct {
	At      time.Time `json:"at"`
	What    string    `json:"what"` // login, session, request, command, change, files
	Who     string    `json:"who,omitempty"`
	From    string    `json:"from,omitempty"`
	Key     string    `json:"key,omitempty"` // the key's fingerprint
	Outcome string    `json:"outcome"`
	Count   int       `json:"count,omitempty"` // of ids, or of what happened
	IDs     []string  `json:"ids,omitempty"`   // the first few
	Note    string    `json:"note,omitempty"`
	Took    string    `json:"took,omitempty"`
}

// How large an audit file grows, and how many are kept beside it.
const (
	auditSize = 16 << 20 // bytes
	auditKept = 9

	strangersSize = 4 << 20 // the same of what strangers did
	strangersKept = 3
)

// Audit is an audit log: a file that is only appended to, with mode 0600. A
// file that has grown large is renamed FILE.1, the one before FILE.2 and so on.
// What strangers did stands in FILE.strangers, which has its own, smaller
// bounds. It is safe for concurrent use.
type Audit struct {
	strangers *Audit

	path string
	most int64 // bytes of a file
	kept int   // files beside it

	mu   sync.Mutex
	file *os.File
	size int64
}

// OpenAudit opens both logs, making it and its directory where they are missing.
func OpenAudit(path string) (*Audit, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("making the audit log's directory: %w", err)
	}
	a := &Audit{path: path, most: auditSize, kept: auditKept}
	if err := a.open(); err != nil {
		return nil, err
	}
	a.strangers = &Audit{path: path + ".strangers", most: strangersSize, kept: strangersKept}
	if err := a.strangers.open(); err != nil {
		return nil, errors.Join(err, a.file.Close())
	}
	return a, nil
}

// WriteStranger appends an entry of what a stranger did.
func (a *Audit) WriteStranger(e Entry) error { return a.strangers.Write(e) }

func (a *Audit) open() error {
	f, err := os.OpenFile(a.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening the audit log: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("opening the audit log: %w", err), f.Close())
	}
	a.file, a.size = f, info.Size()
	return nil
}

// Write appends one entry.
func (a *Audit) Write(e Entry) error {
	b, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("writing the audit log: %w", err)
	}
	b = append([]byte(clean.EscapeJSON(string(b))), '\n') // an entry is a line, for whatever reads lines
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.file == nil {
		return fmt.Errorf("writing the audit log: %w", fs.ErrClosed)
	}
	if a.size > 0 && a.size+int64(len(b)) > a.most {
		if err := a.rotate(); err != nil {
			return err
		}
	}
	n, err := a.file.Write(b)
	a.size += int64(n)
	if err != nil {
		return fmt.Errorf("writing the audit log: %w", err)
	}
	return nil
}

// rotate moves the files on by one and begins a new one.
func (a *Audit) rotate() error {
	err := a.file.Close()
	a.file = nil
	name := func(i int) string { return fmt.Sprintf("%s.%d", a.path, i) }
	for i := a.kept; i > 1; i-- {
		if e := os.Rename(name(i-1), name(i)); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	err = errors.Join(err, os.Rename(a.path, name(1)))
	if opened := a.open(); opened != nil {
		return errors.Join(err, opened)
	}
	if err != nil {
		return fmt.Errorf("turning over the audit log: %w", err)
	}
	return nil
}

// Close ends the logs.
func (a *Audit) Close() error {
	var others error
	if a.strangers != nil {
		others = a.strangers.Close()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.file == nil {
		return others
	}
	err := a.file.Close()
	a.file = nil
	return errors.Join(others, err)
}

// clip is a command for the log, harmless and not endless.
func clip(s string) string {
	const most = 1024
	if len(s) > most {
		s = s[:most] + "…"
	}
	return clean.Line(s)
}
