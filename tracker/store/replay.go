package store

import (
	"errors"
	"fmt"
)

// ErrCorrupt matches the error of a log that is damaged where it was acknowledged.
var ErrCorrupt = errors.New("damaged log")

// A segment of the log is one of its files.
type segment struct {
	name  string
	first uint64 // number of its first change, from its name
	data  []byte
}

// A reader walks the frames of the log in order and checks that no change is missing.
type reader struct {
	next uint64 // number of the change that must come now
	from uint64 // the first change that the caller has not seen
	fn   func(seq uint64, change []byte) error
}

// read hands the changes of s to fn and returns how many bytes of s are sound. Bytes
// after those are a torn tail if s is the last file, else damage.
func (r *reader) read(s segment, last bool) (sound int, err error) {
	if s.first != r.next {
		return 0, fmt.Errorf("%w: %s begins with change %d, and %d is missing", ErrCorrupt, s.name, s.first, r.next)
	}
	for sound < len(s.data) {
		f, size, ok := parseFrame(s.data[sound:])
		if !ok {
			return sound, badFrame(s, sound, last)
		}
		if f.first != r.next {
			return sound, fmt.Errorf("%w: %s has change %d at byte %d, where %d belongs", ErrCorrupt, s.name, f.first, sound, r.next)
		}
		if err := r.hand(f); err != nil {
			return sound, fmt.Errorf("%s at byte %d: %w", s.name, sound, err)
		}
		sound += size
	}
	return sound, nil
}

// hand gives fn the changes of f from r.from on.
func (r *reader) hand(f frame) error {
	for _, change := range f.changes() {
		if r.next >= r.from {
			if err := r.fn(r.next, change); err != nil {
				return fmt.Errorf("change %d: %w", r.next, err)
			}
		}
		r.next++
	}
	return nil
}

// badFrame returns nil if the bad frame at byte at of s can be the one that a crash
// tore, which nobody was told of.
func badFrame(s segment, at int, last bool) error {
	if last && !holdsFrame(s.data[at+1:]) {
		return nil
	}
	return fmt.Errorf("%w: %s is damaged at byte %d, and acknowledged changes follow; nothing was touched: restore the file from a backup, or move it away to go on from the last snapshot", ErrCorrupt, s.name, at)
}
