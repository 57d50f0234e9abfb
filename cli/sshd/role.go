package sshd

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"golang.org/x/crypto/ssh"

	"threatbench/api"
	"threatbench/api/clean"
)

// Kind is how much a role may change.
type Kind string

// The kinds, as a roles file writes them.
const (
	Read   Kind = "read"   // nothing
	Triage Kind = "triage" // events, and what is one's own
	Admin  Kind = "admin"  // datasets and catalogues as well
)

// Role is a person by the key they come with, and what they may.
type Role struct {
	Name        string
	Kind        Kind
	Fingerprint string   // of the key, SHA256:…
	Principal   string   // the name that their certificate is made out to; "" with a mere key
	Certificate string   // which it is, in words
	Profile     string   // which profile they open; "" means the server's
	Datasets    []string // names or ids of what they may see; none means all
	MaxTLP      api.TLP  // what they may see at most; TLPNone means everything
}

// Limited tells whether the role sees only a part of the events.
func (r Role) Limited() bool { return len(r.Datasets) > 0 || r.MaxTLP != api.TLPNone }

// person is the same for what comes with the same key and the same name on a
// certificate: whoever left a workbench finds it again by it.
func (r Role) person() string { return r.Fingerprint + " " + r.Principal }

// as is what the audit log says of a login: under which name, and by which
// certificate.
func (r Role) as(user string) string {
	note := "as " + short(user)
	if r.Certificate != "" {
		note += ", " + r.Certificate
	}
	return note
}

// same tells whether two readings of the files say the same of a person.
func (r Role) same(o Role) bool {
	return r.Name == o.Name && r.Kind == o.Kind && r.Profile == o.Profile && r.MaxTLP == o.MaxTLP && slices.Equal(r.Datasets, o.Datasets)
}

// roles are who may do what, by the fingerprint of a key and by the name that
// a certificate is made out to.
type roles struct {
	keys       map[string]Role
	principals map[string]Role
	count      int
}

// roleEntry is one role of a roles file:
//
//	[[role]]
//	name = "ana"                      # who, in the audit log and to others
//	keys = ["SHA256:…"]               # fingerprints, or whole public keys
//	principals = ["ana"]              # names that certificates are made out to
//	role = "triage"                   # read, triage or admin
//	profile = "prod"                  # optional
//	datasets = ["Phishing"]           # optional: names or ids
//	max_tlp = "amber"                 # optional
type roleEntry struct {
	Name       string   `toml:"name"`
	Keys       []string `toml:"keys"`
	Principals []string `toml:"principals"`
	Role       Kind     `toml:"role"`
	Profile    string   `toml:"profile"`
	Datasets   []string `toml:"datasets"`
	MaxTLP     string   `toml:"max_tlp"`
}

// readRoles reads a roles file. A role that holds anything which isn't
// understood is left out, since a limit that is overlooked is none; troubles
// names such roles. A file that is no TOML is an error.
func readRoles(path string, text []byte) (out *roles, troubles []string, err error) {
	var f struct {
		Role []map[string]any `toml:"role"`
	}
	if err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&f); err != nil {
		return nil, nil, fmt.Errorf("roles file %s: %w", path, tomlError(err))
	}
	out = &roles{keys: map[string]Role{}, principals: map[string]Role{}}
	several := map[string][]string{} // who has a key or a principal, if more than one
	for i, in := range f.Role {
		e, r, err := readRole(in)
		if err == nil {
			err = out.add(e, r, several)
		}
		if err != nil {
			name, _ := in["name"].(string)
			troubles = append(troubles, clean.Line(fmt.Sprintf("%s: [[role]] number %d (%s): %v; it lets nobody in", path, i+1, short(name), err)))
		}
	}
	for what, names := range several {
		if len(names) > 1 {
			delete(out.keys, what)
			delete(out.principals, strings.TrimPrefix(what, "principal "))
			troubles = append(troubles, clean.Line(fmt.Sprintf("%s: %s stands in the roles of %s; it lets nobody in", path, what, strings.Join(names, " and "))))
		}
	}
	slices.Sort(troubles)
	return out, troubles, nil
}

// readRole reads one role.
func readRole(in map[string]any) (e roleEntry, r Role, err error) {
	text, err := toml.Marshal(in)
	if err != nil {
		return e, r, err
	}
	if err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&e); err != nil {
		return e, r, entryError(err)
	}
	r = Role{Name: clean.Line(strings.TrimSpace(e.Name)), Kind: e.Role, Profile: e.Profile, Datasets: e.Datasets}
	switch {
	case r.Name == "":
		return e, r, errors.New("name is missing")
	case !slices.Contains([]Kind{Read, Triage, Admin}, r.Kind):
		return e, r, fmt.Errorf("role is %q, want read, triage or admin", r.Kind)
	case e.Datasets != nil && len(e.Datasets) == 0:
		return e, r, errors.New("datasets is empty; leave it out to allow all")
	case len(e.Keys)+len(e.Principals) == 0:
		return e, r, errors.New("keys and principals are missing")
	case slices.Contains(e.Principals, ""):
		return e, r, errors.New("principals holds an empty name")
	}
	if e.MaxTLP != "" {
		marking, known := api.ParseTLP(e.MaxTLP)
		r.MaxTLP = marking
		if !known {
			return e, r, fmt.Errorf("max_tlp is %q, want clear, green, amber, amber+strict or red", e.MaxTLP)
		}
	}
	return e, r, nil
}

// add gives a role to its keys and principals, and notes who has each.
func (o *roles) add(e roleEntry, r Role, several map[string][]string) error {
	prints := make([]string, len(e.Keys))
	for i, k := range e.Keys {
		print, err := fingerprintOf(k)
		if err != nil {
			return err
		}
		prints[i] = print
	}
	o.count++
	for _, print := range prints {
		r.Fingerprint = print
		o.keys[print] = r
		several[print] = append(several[print], r.Name)
	}
	r.Fingerprint = ""
	for _, p := range e.Principals {
		o.principals[p] = r
		several["principal "+p] = append(several["principal "+p], r.Name)
	}
	return nil
}

// fingerprintOf reads a fingerprint, or takes that of a whole key.
func fingerprintOf(s string) (string, error) {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "SHA256:") && len(s) == len("SHA256:")+43 {
		return s, nil
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(s))
	if err != nil {
		return "", errors.New("keys: want SHA256:… as ssh-keygen -lf shows it, or a whole public key")
	}
	return ssh.FingerprintSHA256(key), nil
}

// entryError says what is wrong in a role; where in the file, its number does.
func entryError(err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		return fmt.Errorf("unknown key %q", strings.Join(strict.Errors[0].Key(), "."))
	}
	return err
}

// tomlError says where a file is wrong.
func tomlError(err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		row, _ := strict.Errors[0].Position()
		return fmt.Errorf("line %d: unknown key %q", row, strings.Join(strict.Errors[0].Key(), "."))
	}
	var at *toml.DecodeError
	if errors.As(err, &at) {
		row, col := at.Position()
		return fmt.Errorf("line %d, column %d: %w", row, col, err)
	}
	return err
}
