package store

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

const (
	frameMagic  = "utl1"
	frameHeader = 20

	// maxFrame bounds the body of a frame, and so what a damaged length can
	// make a reader believe.
	maxFrame = 64 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A frame is the changes of one Append.
type frame struct {
	first uint64 // number of the first change
	body  []byte // the changes, each ended by a newline
}

// changes returns the changes of f. They share its memory.
func (f frame) changes() [][]byte {
	lines := bytes.Split(f.body, []byte{'\n'})
	return lines[:len(lines)-1]
}

// appendFrame appends the frame of changes to b. No change has a newline.
func appendFrame(b []byte, first uint64, changes [][]byte) []byte {
	start := len(b)
	b = append(b, frameMagic...)
	b = append(b, make([]byte, 8)...)
	b = binary.BigEndian.AppendUint64(b, first)
	for _, change := range changes {
		b = append(append(b, change...), '\n')
	}
	head, rest := b[start:start+12], b[start+12:]
	binary.BigEndian.PutUint32(head[4:], uint32(len(rest)-8))
	binary.BigEndian.PutUint32(head[8:], crc32.Checksum(rest, castagnoli))
	return b
}

// parseFrame reads the frame at the start of b and returns it with its size; ok is
// false if b does not begin with a whole and sound frame. The frame shares b's memory.
func parseFrame(b []byte) (f frame, size int, ok bool) {
	if len(b) < frameHeader || string(b[:4]) != frameMagic {
		return frame{}, 0, false
	}
	body := binary.BigEndian.Uint32(b[4:])
	if body > maxFrame { // it may not even be an int
		return frame{}, 0, false
	}
	length := int(body)
	if length > len(b)-frameHeader {
		return frame{}, 0, false
	}
	size = frameHeader + length
	if crc32.Checksum(b[12:size], castagnoli) != binary.BigEndian.Uint32(b[8:]) {
		return frame{}, 0, false
	}
	f = frame{first: binary.BigEndian.Uint64(b[12:]), body: b[frameHeader:size]}
	if length == 0 || f.body[length-1] != '\n' || f.first == 0 {
		return frame{}, 0, false
	}
	return f, size, true
}

// holdsFrame reports whether a sound frame begins anywhere in b.
func holdsFrame(b []byte) bool {
	for {
		i := bytes.Index(b, []byte(frameMagic))
		if i < 0 {
			return false
		}
		if _, _, ok := parseFrame(b[i:]); ok {
			return true
		}
		b = b[i+1:]
	}
}
