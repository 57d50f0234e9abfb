package sshd

import (
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// OpenAuditOf opens an audit log of small files.
func OpenAuditOf(path string, most int64, kept int) (*Audit, error) {
	a, err := OpenAudit(path)
	if a != nil {
		a.most, a.kept = most, kept
	}
	return a, err
}

// Vouch is who comes with a key under a login name, at a time.
func (b *Book) Vouch(key gossh.PublicKey, user string, at time.Time) (Role, error) {
	return b.vouch(claim{key, user}, at)
}
