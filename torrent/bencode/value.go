// Package bencode reads and writes bencode, the encoding of .torrent files (BEP 3),
// in its canonical form and no other.
//
//	integer     i-42e      no leading zero, no -0; fits an int64
//	string      4:spam     any bytes; no leading zero in the length
//	list        l ... e    values
//	dictionary  d ... e    a string and a value in turn; keys in raw byte order, each once
//
// In that form a value has exactly one encoding. So a Value is its encoding: what
// is read can be written again, or hashed, byte for byte.
package bencode

import (
	"bytes"
	"iter"
	"maps"
	"slices"
	"strconv"
)

// A Kind is one of the four kinds of value, or KindNone.
type Kind byte

// The kinds of value.
const (
	KindNone Kind = iota // the zero Value
	KindInt
	KindString
	KindList
	KindDict
)

// A Value is one bencoded value in canonical form. It comes from Parse or from one
// of Int, String, List and Dict. The zero Value is no value: its Kind is KindNone,
// it holds nothing, and encoding it is the caller's mistake.
type Value struct {
	raw []byte
}

// Int returns the value of n.
func Int(n int64) Value {
	b := strconv.AppendInt([]byte{'i'}, n, 10)
	return Value{append(b, 'e')}
}

// String returns the value of s, a copy.
func String[S ~string | ~[]byte](s S) Value {
	return Value{appendString(nil, s)}
}

// List returns the list of items.
func List(items ...Value) Value {
	b := []byte{'l'}
	for _, item := range items {
		b = append(b, item.mustRaw()...)
	}
	return Value{append(b, 'e')}
}

// Dict returns the dictionary of entries, its keys in order.
func Dict(entries map[string]Value) Value {
	b := []byte{'d'}
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		b = appendString(b, key)
		b = append(b, entries[key].mustRaw()...)
	}
	return Value{append(b, 'e')}
}

func appendString[S ~string | ~[]byte](b []byte, s S) []byte {
	b = slices.Grow(b, len(s)+8)
	b = strconv.AppendInt(b, int64(len(s)), 10)
	b = append(b, ':')
	return append(b, s...)
}

func (v Value) mustRaw() []byte {
	if len(v.raw) == 0 {
		panic("bencode: encoding of the zero Value")
	}
	return v.raw
}

// Raw returns the encoding, nil for the zero Value. It is the value's own memory;
// after Parse, a part of the input.
func (v Value) Raw() []byte { return v.raw }

// Clone returns the same value in memory of its own.
func (v Value) Clone() Value { return Value{bytes.Clone(v.raw)} }

// Kind returns the kind of v.
func (v Value) Kind() Kind {
	if len(v.raw) == 0 {
		return KindNone
	}
	switch v.raw[0] {
	case 'i':
		return KindInt
	case 'l':
		return KindList
	case 'd':
		return KindDict
	}
	return KindString
}

// Int returns the integer that v is; false if v is something else.
func (v Value) Int() (int64, bool) {
	if v.Kind() != KindInt {
		return 0, false
	}
	n, err := strconv.ParseInt(string(v.raw[1:len(v.raw)-1]), 10, 64)
	return n, err == nil
}

// Bytes returns the string that v is, in the memory of v; false if v is something
// else.
func (v Value) Bytes() ([]byte, bool) {
	if v.Kind() != KindString {
		return nil, false
	}
	return v.raw[bytes.IndexByte(v.raw, ':')+1:], true
}

// Items yields the items of a list; none if v is something else.
func (v Value) Items() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if v.Kind() != KindList {
			return
		}
		for rest := v.raw[1:]; rest[0] != 'e'; {
			item := first(rest)
			rest = rest[len(item.raw):]
			if !yield(item) {
				return
			}
		}
	}
}

// Entries yields the keys and values of a dictionary, in order; none if v is
// something else. Keys are in the memory of v.
func (v Value) Entries() iter.Seq2[[]byte, Value] {
	return func(yield func([]byte, Value) bool) {
		if v.Kind() != KindDict {
			return
		}
		for rest := v.raw[1:]; rest[0] != 'e'; {
			key := first(rest)
			rest = rest[len(key.raw):]
			value := first(rest)
			rest = rest[len(value.raw):]
			name, _ := key.Bytes()
			if !yield(name, value) {
				return
			}
		}
	}
}

// Get returns the value of a key of a dictionary, or the zero Value if v has no
// such key or is something else. It looks at each key in turn.
func (v Value) Get(key string) Value {
	for name, value := range v.Entries() {
		if string(name) == key {
			return value
		}
	}
	return Value{}
}

// first returns the value that b begins with. b has been checked: it is the inside
// of a Value.
func first(b []byte) Value {
	depth, end := 0, 0
	for {
		switch b[end] {
		case 'i':
			end += bytes.IndexByte(b[end:], 'e') + 1
		case 'l', 'd':
			depth++
			end++
		case 'e':
			depth--
			end++
		default:
			colon := end + bytes.IndexByte(b[end:], ':')
			n, _ := strconv.Atoi(string(b[end:colon]))
			end = colon + 1 + n
		}
		if depth == 0 {
			return Value{b[:end:end]}
		}
	}
}
