package bencode

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
)

// Limits bound what Parse accepts. A zero field means the default.
type Limits struct {
	Size   int // bytes of the whole input; 32 MiB
	String int // bytes of one string; no bound but Size
	Depth  int // lists and dictionaries inside each other; 32
	Tokens int // integers, strings, keys, lists and dictionaries in all; 1,048,576
}

func (l Limits) withDefaults() Limits {
	l.Size = cmp.Or(l.Size, 32<<20)
	l.String = cmp.Or(l.String, l.Size)
	l.Depth = cmp.Or(l.Depth, 32)
	l.Tokens = cmp.Or(l.Tokens, 1<<20)
	return l
}

// An Error says where input is not canonical bencode, or breaks a limit, and how.
type Error struct {
	Offset  int    // of the byte, from 0
	Problem string // what is wrong there
}

func (e *Error) Error() string {
	return fmt.Sprintf("bencode: byte %d: %s", e.Offset, e.Problem)
}

// Parse returns the one value that b is, from its first byte to its last. The Value
// is b itself: Parse copies nothing and reserves no memory, and b must not change
// while the Value is in use. Any error is an *Error.
func Parse(b []byte, limits Limits) (Value, error) {
	p := parser{in: b, limits: limits.withDefaults()}
	if len(b) > p.limits.Size {
		return Value{}, p.errorf(p.limits.Size, "input of %d bytes, at most %d are allowed", len(b), p.limits.Size)
	}
	if err := p.value(0); err != nil {
		return Value{}, err
	}
	if p.pos < len(b) {
		return Value{}, p.errorf(p.pos, "%d more bytes after the value", len(b)-p.pos)
	}
	return Value{b}, nil
}

// A parser walks over the input once. Each method checks what stands at pos and
// moves past it.
type parser struct {
	in     []byte
	pos    int
	tokens int // seen so far
	limits Limits
}

func (p *parser) errorf(offset int, format string, args ...any) error {
	return &Error{Offset: offset, Problem: fmt.Sprintf(format, args...)}
}

// peek returns the byte at pos; false at the end of the input.
func (p *parser) peek() (byte, bool) {
	if p.pos == len(p.in) {
		return 0, false
	}
	return p.in[p.pos], true
}

// value checks one value that lies inside depth lists and dictionaries.
func (p *parser) value(depth int) error {
	c, ok := p.peek()
	switch {
	case !ok:
		return p.errorf(p.pos, "input ends where a value should begin")
	case c == 'i':
		return p.integer()
	case isDigit(c):
		_, err := p.string()
		return err
	case c == 'l':
		return p.list(depth + 1)
	case c == 'd':
		return p.dict(depth + 1)
	}
	return p.errorf(p.pos, "a value cannot begin with %q", c)
}

// token counts one token.
func (p *parser) token() error {
	p.tokens++
	if p.tokens > p.limits.Tokens {
		return p.errorf(p.pos, "more than %d values", p.limits.Tokens)
	}
	return nil
}

func (p *parser) integer() error {
	if err := p.token(); err != nil {
		return err
	}
	start := p.pos
	p.pos++ // i
	maximum := uint64(math.MaxInt64)
	negative := false
	if c, _ := p.peek(); c == '-' {
		negative = true
		maximum++
		p.pos++
	}
	n, err := p.digits(maximum, "integer")
	if err != nil {
		return err
	}
	if negative && n == 0 {
		return p.errorf(start, "integer is -0")
	}
	if c, ok := p.peek(); !ok || c != 'e' {
		return p.unexpected("integer", "'e'")
	}
	p.pos++
	return nil
}

// string checks a string and returns its content.
func (p *parser) string() ([]byte, error) {
	if err := p.token(); err != nil {
		return nil, err
	}
	start := p.pos
	n, err := p.digits(uint64(math.MaxInt64), "string length")
	if err != nil {
		return nil, err
	}
	if c, ok := p.peek(); !ok || c != ':' {
		return nil, p.unexpected("string length", "':'")
	}
	p.pos++
	if n > uint64(p.limits.String) {
		return nil, p.errorf(start, "string of %d bytes, at most %d are allowed", n, p.limits.String)
	}
	if left := len(p.in) - p.pos; n > uint64(left) {
		return nil, p.errorf(start, "string of %d bytes, only %d are left", n, left)
	}
	content := p.in[p.pos : p.pos+int(n)]
	p.pos += int(n)
	return content, nil
}

// digits reads a decimal number of what, at most maximum, without leading zeros.
func (p *parser) digits(maximum uint64, what string) (uint64, error) {
	start := p.pos
	var n uint64
	for ; p.pos < len(p.in) && isDigit(p.in[p.pos]); p.pos++ {
		digit := uint64(p.in[p.pos] - '0')
		if p.pos > start && p.in[start] == '0' {
			return 0, p.errorf(start, "%s has a leading zero", what)
		}
		if n > (maximum-digit)/10 {
			return 0, p.errorf(start, "%s does not fit 64 bits", what)
		}
		n = n*10 + digit
	}
	if p.pos == start {
		return 0, p.unexpected(what, "a digit")
	}
	return n, nil
}

// unexpected returns the error that what should go on with wanted at pos.
func (p *parser) unexpected(what, wanted string) error {
	c, ok := p.peek()
	if !ok {
		return p.errorf(p.pos, "input ends inside %s", what)
	}
	return p.errorf(p.pos, "%s: %s is due, not %q", what, wanted, c)
}

func (p *parser) list(depth int) error {
	if err := p.open(depth); err != nil {
		return err
	}
	for {
		if p.closed() {
			return nil
		}
		if err := p.value(depth); err != nil {
			return err
		}
	}
}

func (p *parser) dict(depth int) error {
	if err := p.open(depth); err != nil {
		return err
	}
	var last []byte // nil before the first key
	for {
		if p.closed() {
			return nil
		}
		key, err := p.key(last)
		if err != nil {
			return err
		}
		if err := p.value(depth); err != nil {
			return err
		}
		last = key
	}
}

// key checks the key of an entry: it comes after the last one.
func (p *parser) key(last []byte) ([]byte, error) {
	start := p.pos
	if c, ok := p.peek(); ok && !isDigit(c) {
		return nil, p.errorf(start, "a key must be a string, it cannot begin with %q", c)
	}
	key, err := p.string()
	if err != nil || last == nil {
		return key, err
	}
	switch order := bytes.Compare(last, key); {
	case order == 0:
		return nil, p.errorf(start, "key %s comes twice", quote(key))
	case order > 0:
		return nil, p.errorf(start, "key %s must come before %s", quote(key), quote(last))
	}
	return key, nil
}

// open moves into a list or a dictionary.
func (p *parser) open(depth int) error {
	if err := p.token(); err != nil {
		return err
	}
	if depth > p.limits.Depth {
		return p.errorf(p.pos, "more than %d lists and dictionaries inside each other", p.limits.Depth)
	}
	p.pos++
	return nil
}

// closed moves past the end of a list or a dictionary, if it is there.
func (p *parser) closed() bool {
	c, ok := p.peek()
	if ok && c == 'e' {
		p.pos++
		return true
	}
	return false
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// quote returns key as an error message shows it: in quotes, and not too long.
func quote(key []byte) string {
	const longest = 40
	if len(key) > longest {
		return fmt.Sprintf("%q...", key[:longest])
	}
	return fmt.Sprintf("%q", key)
}
