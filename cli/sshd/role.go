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
	Profile     string   // which profile they open; "" means the server's
	Datasets    []string // names or ids of what they may see; none means all
	MaxTLP      api.TLP  // what they may see at most; TLPNone means everything
}

// Limited tells whether the role sees only a part of the events.
func (r Role) Limited() bool { return len(r.Datasets) > 0 || r.MaxTLP != api.TLPNone }

// same tells whether two readings of the files say the same of a person.
func (r Role) same(o Role) bool {
	return r.Name == o.Name && r.Kind == o.Kind && r.Profile == o.Profile && r.MaxTLP == o.MaxTLP && slices.Equal(r.Datasets, o.Datasets)
}

// rolesFile is the form of a roles file:
//
//	[[role]]
//	name = "ana"                      # who, in the audit log and to others
//	keys = ["SHA256:…"]               # fingerprints, or whole public keys
//	role = "triage"                   # read, triage or admin
//	profile = "prod"                  # optional
//	datasets = ["Phishing"]           # optional: names or ids
//	max_tlp = "amber"                 # optional
type rolesFile struct {
	Role []struct {
		Name     string   `toml:"name"`
		Keys     []string `toml:"keys"`
		Role     Kind     `toml:"role"`
		Profile  string   `toml:"profile"`
		Datasets []string `toml:"datasets"`
		MaxTLP   string   `toml:"max_tlp"`
	} `toml:"role"`
}

// readRoles reads a roles file: roles by fingerprint. Anything it doesn't
// understand is an error, since a limit that is overlooked is none.
func readRoles(path string) (map[string]Role, error) {
	text, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the roles: %w", err)
	}
	var f rolesFile
	if err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&f); err != nil {
		return nil, fmt.Errorf("roles file %s: %w", path, tomlError(err))
	}
	out := map[string]Role{}
	for i, in := range f.Role {
		at := fmt.Sprintf("%s: [[role]] number %d", path, i+1)
		r := Role{Name: clean.Line(strings.TrimSpace(in.Name)), Kind: in.Role, Profile: in.Profile, Datasets: in.Datasets}
		if r.Name == "" {
			return nil, fmt.Errorf("%s: name is missing", at)
		}
		if !slices.Contains([]Kind{Read, Triage, Admin}, r.Kind) {
			return nil, fmt.Errorf("%s: role is %q, want read, triage or admin", at, r.Kind)
		}
		if in.Datasets != nil && len(in.Datasets) == 0 {
			return nil, fmt.Errorf("%s: datasets is empty; leave it out to allow all", at)
		}
		if in.MaxTLP != "" {
			marking, known := api.ParseTLP(in.MaxTLP)
			r.MaxTLP = marking
			if !known {
				return nil, fmt.Errorf("%s: max_tlp is %q, want clear, green, amber, amber+strict or red", at, in.MaxTLP)
			}
		}
		if len(in.Keys) == 0 {
			return nil, fmt.Errorf("%s: keys is missing", at)
		}
		if err := addKeys(out, r, in.Keys, at); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func addKeys(out map[string]Role, r Role, keys []string, at string) error {
	for _, k := range keys {
		print, err := fingerprintOf(k)
		if err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
		if other, twice := out[print]; twice {
			return fmt.Errorf("%s: the key %s stands in the role of %s already", at, print, other.Name)
		}
		r.Fingerprint = print
		out[print] = r
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
