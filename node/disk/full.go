package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

// ErrFull says that the disk or the quota is full.
var ErrFull = errors.New("the disk is full")

// Explain returns err, which befell the file at path, with what a person needs: what
// was to be done, to which file, and that a full disk is one. The error wraps ErrFull
// if it is that.
func Explain(do, path string, err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		err = e.Err
	} else if e := (*os.LinkError)(nil); errors.As(err, &e) {
		err = e.Err
	}
	if isFull(err) {
		return fmt.Errorf("%s %s: %w (%w): make room and try again", do, path, ErrFull, err)
	}
	return fmt.Errorf("%s %s: %w", do, path, err)
}

func isFull(err error) bool {
	return slices.ContainsFunc(fullErrors, func(full error) bool { return errors.Is(err, full) })
}
