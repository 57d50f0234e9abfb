package sshd_test

import (
	"crypto/rand"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"threatbench/cli/sshd"
)

// issue makes a certificate of a key by an authority: for ana, from an hour ago
// for an hour, unless it is changed.
func issue(t *testing.T, ca, key ssh.Signer, change func(*ssh.Certificate)) ssh.Signer {
	t.Helper()
	c := &ssh.Certificate{
		Key: key.PublicKey(), CertType: ssh.UserCert, KeyId: "ana@laptop", Serial: 7, ValidPrincipals: []string{"ana"},
		ValidAfter: uint64(time.Now().Add(-time.Hour).Unix()), ValidBefore: uint64(time.Now().Add(time.Hour).Unix()),
		Permissions: ssh.Permissions{Extensions: map[string]string{"permit-pty": ""}},
	}
	if change != nil {
		change(c)
	}
	signCert(t, c, ca)
	s, err := ssh.NewCertSigner(c, key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// signCert signs a certificate for whomever it is made out to, nobody as well:
// the library refuses to, others don't.
func signCert(t *testing.T, c *ssh.Certificate, ca ssh.Signer) {
	t.Helper()
	c.Nonce, c.SignatureKey = []byte("any will do"), ca.PublicKey()
	unsigned := c.Marshal()
	sig, err := ca.Sign(rand.Reader, unsigned[:len(unsigned)-4]) // without the length of the signature
	if err != nil {
		t.Fatal(err)
	}
	c.Signature = sig
}

// signed is a server that knows authorities, and no keys.
func signed(t *testing.T, keys string, c sshd.Config) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir()}
	replaceFile(t, r.path("keys"), keys)
	replaceFile(t, r.path("revoked"), "# nobody\n")
	book, err := sshd.OpenBook(sshd.Files{Keys: r.path("keys"), Revoked: r.path("revoked")})
	if err != nil {
		t.Fatal(err)
	}
	c.Book = book
	x := start(t, c)
	x.dir = r.dir
	return x
}

func TestCertificates(t *testing.T) {
	ca, narrow, stranger, key := newKey(t), newKey(t), newKey(t), newKey(t)
	r := signed(t, "cert-authority "+line(ca)+" the CA\ncert-authority,principals=\"bo,cy\" "+line(narrow)+"\n", sshd.Config{})
	now := uint64(time.Now().Unix())
	for name, c := range map[string]struct {
		by     ssh.Signer
		as     string
		change func(*ssh.Certificate)
		in     bool
	}{
		"as it should be":            {ca, "ana", nil, true},
		"for several names":          {ca, "ana", func(c *ssh.Certificate) { c.ValidPrincipals = []string{"x", "ana"} }, true},
		"from here":                  {ca, "ana", func(c *ssh.Certificate) { c.CriticalOptions = options("source-address", "10.0.0.0/8,127.0.0.1/32") }, true},
		"from elsewhere":             {ca, "ana", func(c *ssh.Certificate) { c.CriticalOptions = options("source-address", "10.0.0.0/8") }, false},
		"from nowhere":               {ca, "ana", func(c *ssh.Certificate) { c.CriticalOptions = options("source-address", "") }, false},
		"from nonsense":              {ca, "ana", func(c *ssh.Certificate) { c.CriticalOptions = options("source-address", "here") }, false},
		"a forced command":           {ca, "ana", func(c *ssh.Certificate) { c.CriticalOptions = options("force-command", "events") }, false},
		"a condition of the future":  {ca, "ana", func(c *ssh.Certificate) { c.CriticalOptions = options("moon", "full") }, false},
		"another name":               {ca, "root", nil, false},
		"a name but for a blank":     {ca, "ana ", nil, false},
		"a name but for case":        {ca, "Ana", nil, false},
		"for everybody":              {ca, "ana", func(c *ssh.Certificate) { c.ValidPrincipals = nil }, false},
		"run out":                    {ca, "ana", func(c *ssh.Certificate) { c.ValidBefore = now - 1 }, false},
		"not yet":                    {ca, "ana", func(c *ssh.Certificate) { c.ValidAfter = now + 600 }, false},
		"of a machine":               {ca, "ana", func(c *ssh.Certificate) { c.CertType = ssh.HostCert }, false},
		"of a stranger":              {stranger, "ana", nil, false},
		"beyond the authority":       {narrow, "ana", nil, false},
		"within the authority":       {narrow, "bo", func(c *ssh.Certificate) { c.ValidPrincipals = []string{"bo"} }, true},
		"within, and made to others": {narrow, "cy", func(c *ssh.Certificate) { c.ValidPrincipals = []string{"bo"} }, false},
		"by itself":                  {key, "ana", nil, false},
	} {
		conn, err := ssh.Dial("tcp", r.addr, clientConfig(c.as, ssh.PublicKeys(issue(t, c.by, key, c.change))))
		if (err == nil) != c.in {
			t.Errorf("%s: comes in %v: %v", name, err == nil, err)
		}
		if err == nil {
			x := r.terminal(conn)
			x.sees("hello " + c.as + " 80x24")
			x.types("q")
			x.ends()
			_ = conn.Close()
		}
	}
	for name, key := range map[string]ssh.Signer{"the mere key": key, "the authority itself": ca} {
		if c, err := ssh.Dial("tcp", r.addr, clientConfig("ana", ssh.PublicKeys(key))); err == nil {
			t.Errorf("%s comes in", name)
			_ = c.Close()
		}
	}
	r.noted("the certificate", func(e sshd.Entry) bool {
		return e.Outcome == "begun" && strings.Contains(e.Note, `certificate "ana@laptop" serial 7 of SHA256:`) && e.Key == ssh.FingerprintSHA256(key.PublicKey())
	})
}

func options(name, value string) map[string]string { return map[string]string{name: value} }

// TestForgedCertificate changes a certificate after it was signed.
func TestForgedCertificate(t *testing.T) {
	ca, key := newKey(t), newKey(t)
	r := signed(t, "cert-authority "+line(ca)+"\n", sshd.Config{})
	for name, forge := range map[string]func(*ssh.Certificate){
		"name":    func(c *ssh.Certificate) { c.ValidPrincipals = []string{"root"} },
		"time":    func(c *ssh.Certificate) { c.ValidBefore = ssh.CertTimeInfinity },
		"options": func(c *ssh.Certificate) { c.CriticalOptions = nil },
		"serial":  func(c *ssh.Certificate) { c.Serial = 8 },
	} {
		s := issue(t, ca, key, func(c *ssh.Certificate) { c.CriticalOptions = options("source-address", "10.0.0.0/8") })
		c, ok := s.PublicKey().(*ssh.Certificate)
		if !ok {
			t.Fatal("no certificate")
		}
		forge(c)
		if conn, err := ssh.Dial("tcp", r.addr, clientConfig(c.ValidPrincipals[0], ssh.PublicKeys(s))); err == nil {
			t.Errorf("with a forged %s it comes in", name)
			_ = conn.Close()
		}
	}
}

func TestCertificateWithoutTerminal(t *testing.T) {
	ca, key := newKey(t), newKey(t)
	r := signed(t, "cert-authority "+line(ca)+"\n", sshd.Config{})
	c, err := ssh.Dial("tcp", r.addr, clientConfig("ana", ssh.PublicKeys(issue(t, ca, key, func(c *ssh.Certificate) { c.Extensions = nil }))))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() // over
	r.terminal(c).sees("the certificate allows no terminal")
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if out, _ := s.Output("events"); string(out) != `ran ["events"]` {
		t.Errorf("%q", out)
	}
}

// TestRevokedCertificates ends sessions by everything that may revoke a
// certificate; others go on.
func TestRevokedCertificates(t *testing.T) {
	ca, other, key := newKey(t), newKey(t), newKey(t)
	both := "cert-authority " + line(ca) + "\ncert-authority " + line(other) + "\n"
	for name, revoke := range map[string]func(*rig){
		"its key":                 func(r *rig) { replaceFile(t, r.path("revoked"), line(key)+"\n") },
		"its authority":           func(r *rig) { replaceFile(t, r.path("revoked"), line(ca)+"\n") },
		"its authority is struck": func(r *rig) { replaceFile(t, r.path("keys"), "cert-authority "+line(other)+"\n") },
		"its name is struck":      func(r *rig) { replaceFile(t, r.path("keys"), strings.Replace(both, "y ", `y,principals="bo" `, 1)) },
	} {
		t.Run(name, func(t *testing.T) {
			r := signed(t, both, sshd.Config{})
			as := func(name string, s ssh.Signer) *terminal {
				c, err := ssh.Dial("tcp", r.addr, clientConfig(name, ssh.PublicKeys(s)))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = c.Close() })
				x := r.terminal(c)
				x.sees("hello " + name)
				return x
			}
			mine := issue(t, ca, key, nil)
			a := as("ana", mine)
			b := as("ana", issue(t, other, newKey(t), nil))
			revoke(r)
			a.sees("session ended: the key may no longer come in")
			if c, err := ssh.Dial("tcp", r.addr, clientConfig("ana", ssh.PublicKeys(mine))); err == nil {
				t.Error("and comes in again")
				_ = c.Close()
			}
			b.types("x")
			b.sees("<x>")
		})
	}
}

func TestCertificateRunsOut(t *testing.T) {
	ca, key := newKey(t), newKey(t)
	end := time.Now().Add(time.Hour).Truncate(time.Second)
	clock := newClock(end.Add(-10 * time.Minute))
	r := signed(t, "cert-authority "+line(ca)+"\n", sshd.Config{Now: clock.now})
	until := func(at time.Time) ssh.Signer {
		return issue(t, ca, key, func(c *ssh.Certificate) { c.ValidBefore = uint64(at.Unix()) })
	}
	log := func(s ssh.Signer) (*ssh.Client, *terminal) {
		c, err := ssh.Dial("tcp", r.addr, clientConfig("ana", ssh.PublicKeys(s)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c, r.terminal(c)
	}
	first, a := log(until(end))
	a.sees("hello")
	clock.set(end.Add(-2 * time.Minute))
	a.sees("notice: your certificate runs out in 2m0s")
	_ = first.Close()
	r.noted("dropped link", func(e sshd.Entry) bool { return e.Outcome == "link dropped" })
	clock.set(end.Add(time.Minute))
	if c, err := ssh.Dial("tcp", r.addr, clientConfig("ana", ssh.PublicKeys(until(end)))); err == nil {
		t.Error("a certificate that has run out comes in")
		_ = c.Close()
	}
	_, b := log(until(end.Add(30 * time.Minute))) // renewed: the workbench has waited
	b.sees("Your workbench is still open")
	b.types("\r")
	b.sees("notice: back where you left")
	clock.set(end.Add(31 * time.Minute))
	b.sees("session ended: the certificate has run out")
}

// TestNobodyIsGivenTheWorkbenchOfAnother comes with the same key under another
// name of its certificate.
func TestNobodyIsGivenTheWorkbenchOfAnother(t *testing.T) {
	ca, key := newKey(t), newKey(t)
	r := signed(t, "cert-authority "+line(ca)+"\n", sshd.Config{})
	both := issue(t, ca, key, func(c *ssh.Certificate) { c.ValidPrincipals = []string{"ana", "bo"} })
	c, err := ssh.Dial("tcp", r.addr, clientConfig("ana", ssh.PublicKeys(both)))
	if err != nil {
		t.Fatal(err)
	}
	r.terminal(c).sees("hello ana")
	_ = c.Close()
	r.noted("dropped link", func(e sshd.Entry) bool { return e.Outcome == "link dropped" })
	if c, err = ssh.Dial("tcp", r.addr, clientConfig("bo", ssh.PublicKeys(both))); err != nil {
		t.Fatal(err)
	}
	defer c.Close() // over
	r.terminal(c).sees("hello bo")
}

// TestBrokenFilesEndSessionsLoudly breaks the roles under two people's hands,
// after a mistake that costs one of them the role.
func TestBrokenFilesEndSessionsLoudly(t *testing.T) {
	ana, bo := newKey(t), newKey(t)
	r := &rig{t: t, dir: t.TempDir()}
	r.writeKeys(ana, bo)
	replaceFile(t, r.path("roles"), roleOf("ana", "admin", ana)+roleOf("bo", "read", bo))
	book, err := sshd.OpenBook(sshd.Files{Keys: r.path("keys"), Roles: r.path("roles")})
	if err != nil {
		t.Fatal(err)
	}
	x := start(t, sshd.Config{Book: book})
	a, b := x.terminal(x.dial(ana)), x.terminal(x.dial(bo))
	a.sees("hello ana")
	b.sees("hello bo")
	replaceFile(t, r.path("roles"), roleOf("ana", "admin", ana)+roleOf("bo", "root", bo))
	a.sees("notice: ")
	a.sees("number 2 (bo)")
	b.sees("session ended: the key may no longer come in")
	second := x.terminal(x.dial(ana))
	second.sees("number 2 (bo)") // who comes later is told, too
	if strings.Contains(b.text(), "number 2") {
		t.Error("a reader is shown what is in the files")
	}
	if err := os.Remove(r.path("roles")); err != nil {
		t.Fatal(err)
	}
	a.sees("session ended: who may come in can't be read")
	a.ends()
	for _, key := range []ssh.Signer{ana, bo} {
		if c, err := ssh.Dial("tcp", x.addr, clientConfig("ana", ssh.PublicKeys(key))); err == nil {
			t.Error("somebody comes in without roles")
			_ = c.Close()
		}
	}
	x.noted("what is wrong", func(e sshd.Entry) bool { return e.What == "files" && strings.Contains(e.Note, "nobody comes in") })
	replaceFile(t, r.path("roles"), roleOf("ana", "admin", ana)+roleOf("bo", "read", bo))
	x.noted("what is right again", func(e sshd.Entry) bool { return e.What == "files" && e.Outcome == "in order" })
	x.terminal(x.dial(bo)).sees("hello bo")
}
