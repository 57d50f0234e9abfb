package store

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/google/uuid"

	"threatbench/api"
)

// indicatorUUID names an indicator of an account. Nothing is stored for it: it
// follows from account, type and value, without case, and begins with the hash
// that the indicator column holds, so that the events of an indicator can be
// found by its UUID alone. It is a UUID of version 8 (RFC 9562: made in a way
// of one's own).
func indicatorUUID(account, kind, value string) [16]byte {
	fold := api.Fold(value)
	sum := sha256.Sum256([]byte(account + "\x00" + api.Fold(kind) + "\x00" + fold))
	var u [16]byte
	binary.BigEndian.PutUint32(u[:], hashText(foldCut(value, maxColumnText).fold))
	copy(u[4:], sum[:])
	u[6] = u[6]&0x0f | 0x80
	u[8] = u[8]&0x3f | 0x80
	return u
}

// indicatorRef is the graph's name of an event's indicator.
func indicatorRef(account string, e *api.Event) api.NodeRef {
	u := indicatorUUID(account, e.IndicatorType, e.Indicator)
	return api.NodeRef{Type: api.NodeIndicator, ID: uuidText(u[:])}
}

// indicatorHash is the column's hash in the UUID of an indicator.
func indicatorHash(id string) (uint32, bool) {
	u, err := uuid.Parse(id)
	return binary.BigEndian.Uint32(u[:4]), err == nil && u[6]&0xf0 == 0x80
}
