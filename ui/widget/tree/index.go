package tree

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// maxNodes bounds what is shown as a tree, so that a hostile record of nothing
// but brackets can't eat the memory.
const maxNodes = 300_000

var errTooMany = fmt.Errorf("more than %d,000 values, too many for a tree", maxNodes/1000)

type kind uint8

const (
	object kind = iota
	array
	text
	number
	literal
)

// span is a piece of the source, in bytes.
type span struct{ start, end int32 }

func (s span) of(src string) string { return src[s.start:s.end] }

// node is a value. The nodes stand in the order of the source, so a value's
// first child follows it and next is where its subtree ends.
type node struct {
	key    span // with its quotes; empty in arrays and at the root
	value  span
	parent int32 // -1 at the root
	next   int32
	ord    int32 // place among its siblings
	count  int32 // children
	depth  int32
	kind   kind
	open   bool
}

func (n *node) container() bool { return n.kind == object || n.kind == array }

// indexer reads JSON once, without recursion, and keeps where everything is.
type indexer struct {
	src   string
	at    int
	nodes []node
	stack []int32 // the containers around at
}

// index finds all values of src. Its error names line and column.
func index(src string) ([]node, error) {
	if len(src) >= math.MaxInt32 {
		return nil, errors.New("more than 2 GiB")
	}
	x := indexer{src: src, nodes: make([]node, 0, len(src)/16+1)}
	for {
		opened, err := x.value()
		if err != nil {
			return nil, err
		}
		if opened {
			continue
		}
		more, err := x.after()
		if err != nil || !more {
			return x.nodes, err
		}
	}
}

// fail is an error at offset at.
func (x *indexer) fail(at int, format string, args ...any) error {
	before := x.src[:min(at, len(x.src))]
	line := strings.Count(before, "\n") + 1
	column := len(before) - strings.LastIndexByte(before, '\n')
	return fmt.Errorf("line %d, column %d: %s", line, column, fmt.Sprintf(format, args...))
}

// peek skips white space and gives the next byte, 0 at the end.
func (x *indexer) peek() byte {
	for ; x.at < len(x.src); x.at++ {
		switch c := x.src[x.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// value reads the next value with its key; opened says that it is a container
// whose first child comes next.
func (x *indexer) value() (opened bool, err error) {
	n := node{parent: -1}
	if d := len(x.stack); d > 0 {
		n.parent, n.depth = x.stack[d-1], int32(d)
		p := &x.nodes[n.parent]
		n.ord = p.count
		p.count++
		if p.kind == object {
			if n.key, err = x.key(); err != nil {
				return false, err
			}
		}
	}
	if len(x.nodes) >= maxNodes {
		return false, errTooMany
	}
	c := x.peek()
	n.value.start = int32(x.at)
	n.next = int32(len(x.nodes) + 1)
	if c == '{' || c == '[' {
		return x.enter(n, c), nil
	}
	if n.kind, err = x.scalar(c); err != nil {
		return false, err
	}
	n.value.end = int32(x.at)
	x.nodes = append(x.nodes, n)
	return false, nil
}

// enter begins a container; an empty one ends at once.
func (x *indexer) enter(n node, c byte) (opened bool) {
	closing := byte('}')
	if c == '[' {
		n.kind, closing = array, ']'
	}
	x.at++
	if x.peek() == closing {
		x.at++
		n.value.end = int32(x.at)
		x.nodes = append(x.nodes, n)
		return false
	}
	x.stack = append(x.stack, int32(len(x.nodes)))
	x.nodes = append(x.nodes, n)
	return true
}

// after reads what follows a value: a comma, or the ends of containers; more
// says that another value comes.
func (x *indexer) after() (more bool, err error) {
	for {
		c := x.peek()
		if len(x.stack) == 0 {
			if x.at < len(x.src) {
				return false, x.fail(x.at, "something follows the value")
			}
			return false, nil
		}
		p := &x.nodes[x.stack[len(x.stack)-1]]
		closing := byte('}')
		if p.kind == array {
			closing = ']'
		}
		switch c {
		case ',':
			x.at++
			return true, nil
		case closing:
			x.at++
			p.value.end, p.next = int32(x.at), int32(len(x.nodes))
			x.stack = x.stack[:len(x.stack)-1]
		default:
			return false, x.fail(x.at, "a comma or %q was expected", closing)
		}
	}
}

func (x *indexer) key() (span, error) {
	if x.peek() != '"' {
		return span{}, x.fail(x.at, "a key in quotes was expected")
	}
	k := span{start: int32(x.at)}
	if err := x.text(); err != nil {
		return span{}, err
	}
	k.end = int32(x.at)
	if x.peek() != ':' {
		return span{}, x.fail(x.at, "a colon was expected after the key")
	}
	x.at++
	return k, nil
}

func (x *indexer) scalar(c byte) (kind, error) {
	switch {
	case c == '"':
		return text, x.text()
	case c == '-' || c >= '0' && c <= '9':
		return number, x.number()
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if strings.HasPrefix(x.src[x.at:], word) {
			x.at += len(word)
			return literal, nil
		}
	}
	if x.at >= len(x.src) {
		return 0, x.fail(x.at, "it ends in the middle")
	}
	return 0, x.fail(x.at, "a value was expected")
}

// text reads a string from its opening quote to past its closing one.
func (x *indexer) text() error {
	start := x.at
	for x.at++; x.at < len(x.src); x.at++ {
		switch c := x.src[x.at]; {
		case c == '"':
			x.at++
			return nil
		case c < 0x20:
			return x.fail(x.at, "a control character in a string")
		case c == '\\':
			if err := x.escape(); err != nil {
				return err
			}
		}
	}
	return x.fail(start, "a string without an end")
}

// escape reads an escape from its backslash to its last byte.
func (x *indexer) escape() error {
	start := x.at
	x.at++
	if x.at >= len(x.src) {
		return x.fail(start, "a string without an end")
	}
	c := x.src[x.at]
	if strings.IndexByte(`"\/bfnrt`, c) >= 0 {
		return nil
	}
	if _, ok := hex4(x.src[x.at+1:]); c != 'u' || !ok {
		return x.fail(start, "an escape that JSON doesn't know")
	}
	x.at += 4
	return nil
}

func (x *indexer) number() error {
	start := x.at
	if x.src[x.at] == '-' {
		x.at++
	}
	if strings.HasPrefix(x.src[x.at:], "0") {
		x.at++
	} else if x.digits() == 0 {
		return x.fail(start, "a number without digits")
	}
	if strings.HasPrefix(x.src[x.at:], ".") {
		x.at++
		if x.digits() == 0 {
			return x.fail(start, "a number without digits after its point")
		}
	}
	if x.at < len(x.src) && x.src[x.at]|0x20 == 'e' {
		x.at++
		if x.at < len(x.src) && (x.src[x.at] == '+' || x.src[x.at] == '-') {
			x.at++
		}
		if x.digits() == 0 {
			return x.fail(start, "a number without digits in its exponent")
		}
	}
	return nil
}

func (x *indexer) digits() (n int) {
	for x.at < len(x.src) && x.src[x.at] >= '0' && x.src[x.at] <= '9' {
		x.at++
		n++
	}
	return n
}
