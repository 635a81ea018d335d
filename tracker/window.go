package tracker

import (
	"fmt"
	"strconv"
	"strings"
)

const windowWords = 4

// A window remembers which serials of one downloader one owner has shown, in the way
// of RFC 6479: the greatest, and a bit for each of the 256 up to it. What is older
// counts as shown. The zero window has seen nothing.
type window struct {
	high uint64              // the greatest serial shown
	bits [windowWords]uint64 // bit i: serial high-i was shown
}

// has reports whether serial was shown before, or is too old to tell. Serial 0 is
// never new.
func (w *window) has(serial uint64) bool {
	if serial > w.high {
		return false
	}
	age := w.high - serial
	return serial == 0 || age >= windowWords*64 || w.bits[age/64]&(1<<(age%64)) != 0
}

// add marks serial as shown.
func (w *window) add(serial uint64) {
	if serial > w.high {
		w.slide(serial - w.high)
		w.high = serial
	}
	if age := w.high - serial; age < windowWords*64 {
		w.bits[age/64] |= 1 << (age % 64)
	}
}

// slide makes every serial older by n.
func (w *window) slide(n uint64) {
	if n >= windowWords*64 {
		w.bits = [windowWords]uint64{}
		return
	}
	words, rest := int(n/64), n%64
	for i := windowWords - 1; i >= 0; i-- {
		var word uint64
		if from := i - words; from >= 0 {
			word = w.bits[from] << rest
			if from > 0 && rest > 0 {
				word |= w.bits[from-1] >> (64 - rest)
			}
		}
		w.bits[i] = word
	}
}

// MarshalText writes a window as "high:word.word.word.word", words in hex.
func (w window) MarshalText() ([]byte, error) {
	b := strconv.AppendUint(nil, w.high, 10)
	for i, word := range w.bits {
		b = append(b, ":..."[min(i, 1)])
		b = strconv.AppendUint(b, word, 16)
	}
	return b, nil
}

// UnmarshalText reads what MarshalText wrote.
func (w *window) UnmarshalText(text []byte) error {
	high, words, _ := strings.Cut(string(text), ":")
	fields := strings.Split(words, ".")
	if len(fields) != windowWords {
		return fmt.Errorf("%q is not a receipt window", text)
	}
	var read window
	var err error
	if read.high, err = strconv.ParseUint(high, 10, 64); err != nil {
		return err
	}
	for i, field := range fields {
		if read.bits[i], err = strconv.ParseUint(field, 16, 64); err != nil {
			return err
		}
	}
	*w = read
	return nil
}
