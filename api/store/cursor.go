package store

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"

	"threatbench/api"
)

// cursor is where a walk through a list goes on, with all that the walk
// depends on.
type cursor struct {
	Account string        `json:"a"`
	Query   api.ListQuery `json:"q"` // without page and cursor
	Page    int           `json:"p"` // the number of the page to come
	At      position      `json:"at"`
}

// cursorText is how much of a long sort text a cursor carries.
const cursorText = 256

const sealBytes = 16

// seal writes a cursor so that nobody can alter it unnoticed.
func (d *DB) seal(c any) (string, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("writing the cursor: %w", err)
	}
	if len(b) >= compressFrom {
		if b, err = (&deflater{}).deflate([]byte{docDeflate}, b); err != nil {
			return "", fmt.Errorf("writing the cursor: %w", err)
		}
	} else {
		b = append([]byte{docPlain}, b...)
	}
	return base64.RawURLEncoding.EncodeToString(append(d.signature(b), b...)), nil
}

func (d *DB) signature(b []byte) []byte {
	mac := hmac.New(sha256.New, d.secret)
	mac.Write(b)
	return mac.Sum(nil)[:sealBytes]
}

// unseal reads a cursor of this account.
func (d *DB) unseal(account, s string) (cursor, error) {
	var c cursor
	if !d.open(s, &c) || c.Account != account {
		return c, foreignCursor(s)
	}
	return c, nil
}

func foreignCursor(s string) error {
	return api.Errorf(http.StatusBadRequest, "cursor: want the one of the last answer, unaltered, got %q", short(s))
}

// open reads what seal wrote; false where it is anything else.
func (d *DB) open(s string, into any) bool {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) <= sealBytes || !hmac.Equal(b[:sealBytes], d.signature(b[sealBytes:])) {
		return false
	}
	b = b[sealBytes:]
	form, b := b[0], b[1:]
	if form == docDeflate {
		if b, err = inflate(b); err != nil {
			return false
		}
	}
	return json.Unmarshal(b, into) == nil
}
