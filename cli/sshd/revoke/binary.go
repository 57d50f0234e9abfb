package revoke

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"

	"golang.org/x/crypto/ssh"
)

// The form that OpenSSH's PROTOCOL.krl describes, version 1.
const (
	magic = "SSHKRL\n\x00"

	sectionCerts       = 1
	sectionKeys        = 2
	sectionSHA1        = 3
	sectionSignature   = 4
	sectionSHA256      = 5
	sectionExtension   = 255
	certsSerials       = 0x20
	certsRange         = 0x21
	certsBitmap        = 0x22
	certsIDs           = 0x23
	certsExtension     = 0x39
	mostBits           = 1 << 23 // of a bitmap: a megabyte
	versionUnderstood  = 1
	lengthOfHeadFields = 8 + 8 + 8 // version of the list, when it was made, flags
)

var (
	errCut    = errors.New("the revocation list is cut off")
	errLonger = errors.New("a section of the revocation list holds more than it should")
)

// reader takes a list apart.
type reader struct {
	b   []byte
	err error
}

func (r *reader) take(n uint64) []byte {
	if r.err != nil || n > uint64(len(r.b)) {
		r.err = errCut
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint32() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *reader) uint64() uint64 {
	if b := r.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func (r *reader) string() []byte { return r.take(uint64(r.uint32())) }

func (r *reader) more() bool { return r.err == nil && len(r.b) > 0 }

func parseBinary(b []byte) (*List, error) {
	r := &reader{b: b}
	if v := r.uint32(); r.err == nil && v != versionUnderstood {
		return nil, fmt.Errorf("a revocation list of version %d; version %d is understood", v, versionUnderstood)
	}
	r.take(lengthOfHeadFields)
	r.string() // reserved
	r.string() // the comment
	l := empty()
	for r.more() {
		kind, body := r.byte(), &reader{b: r.string()}
		if r.err != nil {
			return nil, r.err
		}
		if err := l.section(kind, body); err != nil {
			return nil, err
		}
		if len(body.b) > 0 {
			return nil, errLonger
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	return l, nil
}

func (l *List) section(kind byte, r *reader) error {
	switch kind {
	case sectionCerts:
		return l.certificates(r)
	case sectionKeys:
		return each(r, l.keys, 0)
	case sectionSHA1:
		return each(r, l.sha1, sha1.Size)
	case sectionSHA256:
		return each(r, l.sha256, sha256.Size)
	case sectionExtension:
		return extension(r)
	case sectionSignature:
		return errors.New("a signed revocation list: signatures of lists are not understood")
	}
	return fmt.Errorf("a section of kind %d in the revocation list is not understood", kind)
}

// each adds the strings of a section, of a size where it isn't 0.
func each(r *reader, to map[string]bool, size int) error {
	for r.more() {
		s := r.string()
		if r.err == nil && size != 0 && len(s) != size {
			return fmt.Errorf("a hash of %d bytes in the revocation list, want %d", len(s), size)
		}
		to[string(s)] = true
	}
	return r.err
}

// extension passes over one that isn't needed to understand the list.
func extension(r *reader) error {
	name, critical := r.string(), r.byte()
	r.string()
	if r.err == nil && critical != 0 {
		return fmt.Errorf("the revocation list needs the extension %q, which is not understood", name)
	}
	return r.err
}

func (l *List) certificates(r *reader) error {
	a := authority{serials: map[uint64]bool{}, ids: map[string]bool{}}
	if key := r.string(); len(key) > 0 {
		signer, err := ssh.ParsePublicKey(key)
		if err != nil {
			return fmt.Errorf("an authority's key in the revocation list: %w", err)
		}
		a.key = blob(signer)
	}
	r.string() // reserved
	for r.more() {
		kind, body := r.byte(), &reader{b: r.string()}
		if r.err != nil {
			return r.err
		}
		if err := a.section(kind, body); err != nil {
			return err
		}
		if len(body.b) > 0 {
			return errLonger
		}
	}
	l.certs = append(l.certs, a)
	return r.err
}

func (a *authority) section(kind byte, r *reader) error {
	switch kind {
	case certsSerials:
		for r.more() {
			a.serials[r.uint64()] = true
		}
		return r.err
	case certsRange:
		low, high := r.uint64(), r.uint64()
		a.ranges = append(a.ranges, [2]uint64{low, high})
		return r.err
	case certsBitmap:
		return a.bitmap(r.uint64(), r)
	case certsIDs:
		return each(r, a.ids, 0)
	case certsExtension:
		return extension(r)
	}
	return fmt.Errorf("certificates of kind %d in the revocation list are not understood", kind)
}

// bitmap adds the serials whose bits are set, the lowest bit standing for the
// offset.
func (a *authority) bitmap(offset uint64, r *reader) error {
	bits := new(big.Int).SetBytes(r.string())
	switch {
	case r.err != nil:
		return r.err
	case bits.BitLen() > mostBits:
		return fmt.Errorf("a bitmap of %d serials in the revocation list is too large", bits.BitLen())
	}
	for i := range bits.BitLen() {
		if bits.Bit(i) == 1 {
			a.serials[offset+uint64(i)] = true
		}
	}
	return nil
}
