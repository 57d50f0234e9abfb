package sshd

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"threatbench/api/clean"
)

// Why a claim isn't believed.
var (
	errUnknown   = errors.New("the key is not known")
	errBlind     = errors.New("who may come in can't be read; tell whoever runs this server")
	errRevoked   = errors.New("the key may no longer come in")
	errListed    = errors.New("the key or certificate has been revoked")
	errNoRole    = errors.New("there is no role for it")
	errAuthority = errors.New("the certificate is signed by nobody known")
	errHostCert  = errors.New("the certificate is a machine's")
	errPrincipal = errors.New("the certificate is not made out to that name")
	errExpired   = errors.New("the certificate has run out")
)

// authority signs certificates.
type authority struct {
	name       string
	principals []string // that it may sign for; nil means any
}

// newAuthority reads the options of a line cert-authority.
func newAuthority(comment string, options []string) (authority, error) {
	a := authority{name: clean.Line(comment)}
	for _, o := range options {
		list, ok := strings.CutPrefix(o, "principals=")
		switch {
		case o == "cert-authority":
		case ok && a.principals == nil:
			for _, p := range strings.Split(strings.Trim(list, `"`), ",") {
				if p = strings.TrimSpace(p); p != "" {
					a.principals = append(a.principals, p)
				}
			}
			if a.principals == nil {
				return a, errors.New("principals names nobody; leave it out to allow all")
			}
		default:
			return a, fmt.Errorf("the option %q is not understood; an authority has cert-authority and principals=\"…\"", clean.Line(o))
		}
	}
	return a, nil
}

// certified is who comes with a certificate: the name they log in as, where
// the certificate is made out to it by an authority that may do so.
func (p *page) certified(c *ssh.Certificate, user string, now time.Time) (Role, error) {
	signer := ssh.FingerprintSHA256(c.SignatureKey)
	a, known := p.authorities[signer]
	switch {
	case !known:
		return Role{}, errAuthority
	case c.CertType != ssh.UserCert:
		return Role{}, errHostCert
	case !slices.Contains(c.ValidPrincipals, user): // none at all would be good for everybody
		return Role{}, errPrincipal
	case a.principals != nil && !slices.Contains(a.principals, user):
		return Role{}, errPrincipal
	}
	if err := checkAt(c, user, now); err != nil {
		if expired(c, now) && checkAt(c, user, time.Unix(int64(c.ValidBefore)-1, 0)) == nil {
			return Role{}, errExpired
		}
		return Role{}, err
	}
	who := Role{Name: clean.Line(user), Kind: Triage}
	if p.roles != nil {
		var ok bool
		if who, ok = p.roles.principals[user]; !ok {
			return Role{}, errNoRole
		}
	}
	who.Fingerprint, who.Principal = ssh.FingerprintSHA256(c.Key), user
	who.Certificate = fmt.Sprintf("certificate %q serial %d of %s", short(c.KeyId), c.Serial, signer)
	return who, nil
}

// checkAt looks whether a certificate holds at a time. The source addresses
// that it may name are the library's to look at, once it is told of them.
func checkAt(c *ssh.Certificate, user string, at time.Time) error {
	check := ssh.CertChecker{SupportedCriticalOptions: []string{"source-address"}, Clock: func() time.Time { return at }}
	return check.CheckCert(user, c)
}

// expired tells whether a certificate's time is over.
func expired(c *ssh.Certificate, now time.Time) bool {
	return c.ValidBefore != ssh.CertTimeInfinity && c.ValidBefore > 0 && uint64(max(now.Unix(), 0)) >= c.ValidBefore
}

// runsOut is when a key's certificate ends; ok is false where it doesn't.
func runsOut(key ssh.PublicKey) (at time.Time, ok bool) {
	c, ok := key.(*ssh.Certificate)
	if !ok || c.ValidBefore == ssh.CertTimeInfinity || c.ValidBefore > math.MaxInt64 {
		return time.Time{}, false
	}
	return time.Unix(int64(c.ValidBefore), 0), true
}

// mayHaveTerminal tells whether a certificate, if it is one, allows a terminal.
func mayHaveTerminal(key ssh.PublicKey) bool {
	c, ok := key.(*ssh.Certificate)
	if !ok {
		return true
	}
	_, ok = c.Extensions["permit-pty"]
	return ok
}
