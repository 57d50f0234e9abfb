package server

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"threatbench/api"
	"threatbench/api/store"
)

// Permission is what a credential may do: Cloudforce One Read, or Write, which
// includes reading.
type Permission string

// The permissions, as a token file writes them.
const (
	PermRead  Permission = "read"
	PermWrite Permission = "write"
)

// PermTriage lies between them: it changes events, but deletes none and leaves
// datasets alone. Token files don't know it.
const PermTriage Permission = "triage"

// Credential is what a request brought: a token, or a key with its e-mail.
type Credential struct {
	Token string // the bearer token, or the key
	Email string // "" for a bearer token
}

// Grant is what a known credential opens: one account. Name says who, for the
// journal and the log; it is never the secret.
type Grant struct {
	Account    string
	Permission Permission
	Name       string
	Email      string       // who saves queries, "" where it isn't known
	Limit      *store.Limit // what of the account is there for them, nil for all of it; only with As
}

func (g Grant) limited() bool {
	return g.Limit != nil && (len(g.Limit.Datasets) > 0 || g.Limit.MaxTLP != api.TLPNone)
}

// TokenSource knows the credentials. It is asked by several goroutines at once.
type TokenSource interface {
	Lookup(Credential) (g Grant, known bool)
}

// minTokenLength keeps a token file from holding something that is guessed.
const minTokenLength = 16

// GenerateToken makes a new token: 32 random bytes, as 43 characters that are
// safe in a URL, a shell and a header.
func GenerateToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: the runtime ends the program first
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// OneToken is a source of a single token for one account.
func OneToken(token, account string, p Permission) TokenSource {
	return tokenList{{sum: sha256.Sum256([]byte(token)), grant: Grant{Account: account, Permission: p, Name: "token"}}}
}

// Opens tells whether some token of a source opens one of the accounts; of a
// source that isn't a list, nobody knows, and it may.
func Opens(tokens TokenSource, accounts []string) bool {
	list, known := tokens.(tokenList)
	return !known || slices.ContainsFunc(list, func(t token) bool { return slices.Contains(accounts, t.grant.Account) })
}

// token is one entry: the hash of the secret, so that comparing takes the same
// time whatever the secret's length, and the secret itself is not kept.
type token struct {
	sum   [sha256.Size]byte
	email string
	grant Grant
}

type tokenList []token

// Lookup compares with every entry, found or not, in constant time each.
func (l tokenList) Lookup(c Credential) (Grant, bool) {
	sum := sha256.Sum256([]byte(c.Token))
	found := -1
	for i, t := range l {
		if subtle.ConstantTimeCompare(sum[:], t.sum[:]) == 1 && t.takes(c.Email) {
			found = i
		}
	}
	if found < 0 {
		return Grant{}, false
	}
	return l[found].grant, true
}

// takes tells whether the e-mail goes with the entry. A bearer token comes
// without one; a key must come with the one the file names, if it names any.
func (t token) takes(email string) bool {
	return email == "" || t.email == "" || strings.EqualFold(email, t.email)
}

// tokenFile is the file's form:
//
//	[[token]]
//	token = "…"            # at least 16 characters
//	account = "…"
//	permission = "read"    # or "write"
//	name = "ci"            # optional: who, in journal and log
//	email = "a@b.example"  # optional: for X-Auth-Email with X-Auth-Key
type tokenFile struct {
	Token []struct {
		Token      string     `toml:"token"`
		Account    string     `toml:"account"`
		Permission Permission `toml:"permission"`
		Name       string     `toml:"name"`
		Email      string     `toml:"email"`
	} `toml:"token"`
}

// LoadTokens reads a token file (TOML: [[token]] tables with token, account,
// permission "read" or "write", and optionally name and email). A file that
// others can read is refused, and so are unknown keys, short or repeated
// tokens. No error ever shows a token.
func LoadTokens(path string) (TokenSource, error) {
	b, err := readPrivate(path)
	if err != nil {
		return nil, fmt.Errorf("reading the token file: %w", err)
	}
	list, err := parseTokens(b)
	if err != nil {
		return nil, fmt.Errorf("token file %s: %w", path, err)
	}
	return list, nil
}

// ReadSecret reads a secret from a file of its own, which nobody else may read;
// blanks around it don't count.
func ReadSecret(path string) (string, error) {
	b, err := readPrivate(path)
	return strings.TrimSpace(string(b)), err
}

// readPrivate reads a file that only its owner may read. The mode is that of
// the opened file, not of whatever the name means a moment later.
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
	if mode := info.Mode().Perm(); mode&closedTo(path) != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("%s is open to others (mode %04o): run chmod 600 %s", path, mode, path)
	}
	return io.ReadAll(f)
}

// closedTo are the bits of a mode that a private file may not have. systemd
// hands credentials over by an access list, which shows as a group that may
// read; the group it belongs to is root's.
func closedTo(path string) fs.FileMode {
	if dir := os.Getenv("CREDENTIALS_DIRECTORY"); dir != "" && filepath.Dir(path) == filepath.Clean(dir) {
		return 0o037
	}
	return 0o077
}

func parseTokens(b []byte) (tokenList, error) {
	var f tokenFile
	if err := toml.NewDecoder(bytes.NewReader(b)).DisallowUnknownFields().Decode(&f); err != nil {
		return nil, tokenFileError(err)
	}
	if len(f.Token) == 0 {
		return nil, errors.New("holds no [[token]]")
	}
	list := make(tokenList, 0, len(f.Token))
	seen := make(map[[sha256.Size]byte]bool)
	for i, t := range f.Token {
		at := fmt.Sprintf("[[token]] number %d", i+1)
		switch {
		case len(t.Token) < minTokenLength:
			return nil, fmt.Errorf("%s: token needs at least %d characters", at, minTokenLength)
		case t.Account == "":
			return nil, fmt.Errorf("%s: account is missing", at)
		case t.Permission != PermRead && t.Permission != PermWrite:
			return nil, fmt.Errorf("%s: permission is %q, want read or write", at, t.Permission)
		}
		sum := sha256.Sum256([]byte(t.Token))
		if seen[sum] {
			return nil, fmt.Errorf("%s: the token stands above already", at)
		}
		seen[sum] = true
		list = append(list, token{sum: sum, email: t.Email, grant: Grant{Account: t.Account, Permission: t.Permission, Name: grantName(t.Name, t.Email, i), Email: t.Email}})
	}
	return list, nil
}

// grantName is who a token stands for, without telling the token.
func grantName(name, email string, i int) string {
	if name != "" {
		return name
	}
	if email != "" {
		return email
	}
	return fmt.Sprintf("token %d", i+1)
}

// tokenFileError says where the file is wrong. The library's own text quotes
// the line, which may hold a token, so only the position is passed on.
func tokenFileError(err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		row, _ := strict.Errors[0].Position()
		return fmt.Errorf("line %d: unknown key %q", row, strings.Join(strict.Errors[0].Key(), "."))
	}
	var at *toml.DecodeError
	if errors.As(err, &at) {
		row, col := at.Position()
		return fmt.Errorf("line %d, column %d is not what a token file holds", row, col)
	}
	return errors.New("is not TOML")
}
