package interchange

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// jsonReader walks through JSON of any size and holds one value at a time.
// It cuts values out without judging them; who decodes them does.
type jsonReader struct {
	in   *bufio.Reader
	most int // bytes of one value
	line int // where it stands, from 1
	buf  []byte
	deep int
}

// errJSON is damage behind which nothing can be read.
var errJSON = errors.New("not JSON")

const maxDepth = 1000

func (j *jsonReader) damage(format string, args ...any) error {
	return fmt.Errorf("%w: line %d: %s", errJSON, j.line, fmt.Sprintf(format, args...))
}

// ended says that the file ends where it must not.
func (j *jsonReader) ended(err error) error {
	if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends in the middle, in line %d", errCut, j.line)
	}
	return err
}

// peek is the next byte that isn't a space, which stays to be read.
func (j *jsonReader) peek() (byte, error) {
	for {
		c, err := j.in.ReadByte()
		if err != nil {
			return 0, err
		}
		switch c {
		case '\n':
			j.line++
		case ' ', '\t', '\r':
		default:
			return c, j.in.UnreadByte()
		}
	}
}

// want reads the byte c.
func (j *jsonReader) want(c byte) error {
	got, err := j.peek()
	switch {
	case err != nil:
		return j.ended(err)
	case got != c:
		return j.damage("want %q, got %q", c, got)
	}
	_, err = j.in.Discard(1)
	return err
}

// object calls each for every key of an object, standing at its value, which
// each must read.
func (j *jsonReader) object(each func(key string) error) error {
	return j.inside('{', '}', func() error {
		raw, err := j.value()
		if err != nil {
			return err
		}
		var key string
		if err := json.Unmarshal(raw, &key); err != nil {
			return j.damage("%.20q is no key", raw)
		}
		if err := j.want(':'); err != nil {
			return err
		}
		return each(key)
	})
}

// array calls each for every element of a list, standing at it.
func (j *jsonReader) array(each func() error) error { return j.inside('[', ']', each) }

func (j *jsonReader) inside(from, to byte, each func() error) error {
	if j.deep++; j.deep > maxDepth {
		return j.damage("nested more than %d deep", maxDepth)
	}
	defer func() { j.deep-- }()
	if err := j.want(from); err != nil {
		return err
	}
	for first := true; ; first = false {
		c, err := j.peek()
		if err != nil {
			return j.ended(err)
		}
		if c == to && first {
			return j.want(to)
		}
		if !first {
			if c == to {
				return j.want(to)
			}
			if err := j.want(','); err != nil {
				return err
			}
		}
		if err := each(); err != nil {
			return err
		}
	}
}

// value reads one value of any kind, which stays valid until the next call.
// One past the limit is skipped and answered with errLong.
func (j *jsonReader) value() ([]byte, error) {
	if _, err := j.peek(); err != nil {
		return nil, j.ended(err)
	}
	j.buf = j.buf[:0]
	v := valueCut{}
	long := false
	for {
		c, err := j.in.ReadByte()
		if err != nil {
			if errors.Is(err, io.EOF) && v.scalar && len(j.buf) > 0 {
				return j.buf, nil
			}
			return nil, j.ended(err)
		}
		if v.ends(c) {
			if err := j.in.UnreadByte(); err != nil {
				return nil, err
			}
			break
		}
		if c == '\n' {
			j.line++
		}
		if long = long || len(j.buf) >= j.most; !long {
			j.buf = append(j.buf, c)
		}
		if v.take(c) {
			break
		}
	}
	switch {
	case long:
		return nil, fmt.Errorf("the object is %w: more than %d bytes", errLong, j.most)
	case len(j.buf) == 0:
		return nil, j.damage("a value is missing")
	}
	return j.buf, nil
}

// skip passes over one value.
func (j *jsonReader) skip() error {
	most := j.most
	j.most = 0
	_, err := j.value()
	j.most = most
	if errors.Is(err, errLong) {
		return nil
	}
	return err
}

// valueCut finds where a value ends.
type valueCut struct {
	depth   int
	quoted  bool
	escaped bool
	scalar  bool // a number or a word, which has no end of its own
}

// ends tells whether c stands behind a scalar.
func (v *valueCut) ends(c byte) bool {
	if v.depth > 0 || v.quoted {
		return false
	}
	switch c {
	case ',', ']', '}', ':', ' ', '\t', '\n', '\r':
		return true
	}
	return false
}

// take takes one byte and tells whether the value ends with it.
func (v *valueCut) take(c byte) bool {
	if v.quoted {
		switch {
		case v.escaped:
			v.escaped = false
		case c == '\\':
			v.escaped = true
		case c == '"':
			v.quoted = false
			return v.depth == 0
		}
		return false
	}
	switch c {
	case '"':
		v.quoted = true
	case '{', '[':
		v.depth++
	case '}', ']':
		v.depth--
		return v.depth == 0
	default:
		v.scalar = v.depth == 0
	}
	return false
}
