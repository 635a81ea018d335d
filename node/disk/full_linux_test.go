package disk

import (
	"errors"
	"os"
	"syscall"
	"testing"
)

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
	p.data = full
	err = p.WritePiece(0, content[:pieceLength])
	if !errors.Is(err, ErrFull) || !errors.Is(err, syscall.ENOSPC) || p.Have().Has(0) {
		t.Errorf("%v", err)
	}
}
