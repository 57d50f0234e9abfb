package sshd

// OpenAuditOf opens an audit log of small files.
func OpenAuditOf(path string, most int64, kept int) (*Audit, error) {
	a, err := OpenAudit(path)
	if a != nil {
		a.most, a.kept = most, kept
	}
	return a, err
}
