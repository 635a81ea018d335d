package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"testing"

	"udptorrent/internal/nowait"
)

func TestErrorsSayWhatWasDoneToWhichFile(t *testing.T) {
	for want, err := range map[string]error{
		"write a.part: read-only file system":                                               &fs.PathError{Op: "openat", Path: ".tmp-1", Err: syscall.EROFS},
		"write a.part: permission denied":                                                   &os.LinkError{Op: "renameat", Old: "x", New: "y", Err: syscall.EACCES},
		"write a.part: the disk is full (no space left on device): make room and try again": fmt.Errorf("wrapped: %w", &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}),
		"write a.part: the disk is full (disk quota exceeded): make room and try again":     syscall.EDQUOT,
		"write a.part: another file has this name":                                          ErrDiffers,
	} {
		if got := Explain("write", "a.part", err); got.Error() != want {
			t.Errorf("got %v, want %s", got, want)
		}
	}
}

// /dev/full takes no byte: every write to it finds a full disk.
func TestFullDiskIsNamed(t *testing.T) {
	f := openFolder(t, t.TempDir())
	content, tor := newTorrent(t, "a", 1, 2*pieceLength)
	p := openPart(t, f, tor)
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	p.data.Close()
	p.data = nowait.NewFile(full)
	err = p.WritePiece(0, content[:pieceLength])
	if !errors.Is(err, ErrFull) || !errors.Is(err, syscall.ENOSPC) || p.Have().Has(0) {
		t.Errorf("%v", err)
	}
}
