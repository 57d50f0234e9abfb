package api

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// The flex types read what a server may send where the contract says
// otherwise: a number as a string, a string as a number, null, nothing.

type flexString string

func (f *flexString) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	switch {
	case len(b) == 0 || bytes.Equal(b, []byte("null")):
		*f = ""
	case b[0] == '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*f = flexString(s)
	default:
		*f = flexString(bytes.ToValidUTF8(b, []byte("\ufffd")))
	}
	return nil
}

type flexInt int64

func (f *flexInt) UnmarshalJSON(b []byte) error {
	var s flexString
	if err := s.UnmarshalJSON(b); err != nil {
		return err
	}
	*f = 0
	if n, err := strconv.ParseInt(strings.TrimSpace(string(s)), 10, 64); err == nil {
		*f = flexInt(n)
		return nil
	}
	if x, err := strconv.ParseFloat(strings.TrimSpace(string(s)), 64); err == nil && math.Abs(x) < 1<<63 {
		*f = flexInt(x)
	}
	return nil
}

type flexBool bool

func (f *flexBool) UnmarshalJSON(b []byte) error {
	var s flexString
	if err := s.UnmarshalJSON(b); err != nil {
		return err
	}
	v, err := strconv.ParseBool(strings.ToLower(string(s)))
	*f = flexBool(err == nil && v)
	return nil
}

// flexList reads a list, one bare value as a list of one, and null as none;
// a list member that cannot be read is left out.
type flexList[T any] []T

func (f *flexList[T]) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	*f = nil
	if len(b) == 0 || bytes.Equal(b, []byte("null")) || bytes.Equal(b, []byte(`""`)) {
		return nil
	}
	if b[0] != '[' {
		b = append(append([]byte{'['}, b...), ']')
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	for _, r := range raw {
		var v T
		if json.Unmarshal(r, &v) == nil {
			*f = append(*f, v)
		}
	}
	return nil
}

func stringsOf(f flexList[flexString]) []string {
	out := make([]string, 0, len(f))
	for _, s := range f {
		if s != "" {
			out = append(out, string(s))
		}
	}
	return out
}

func intsOf(f flexList[flexInt]) []int64 {
	out := make([]int64, len(f))
	for i, n := range f {
		out[i] = int64(n)
	}
	return out
}
