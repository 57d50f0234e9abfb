package profile

// Secret is a token or a key. However it is printed, it shows nothing.
type Secret string

const hidden = "(hidden)"

// String hides the secret, GoString and MarshalText too.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString is for %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText is for JSON, TOML and logs.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the secret itself.
func (s *Secret) UnmarshalText(b []byte) error {
	*s = Secret(b)
	return nil
}

// Reveal is the secret, for the one place that sends it.
func (s Secret) Reveal() string { return string(s) }
