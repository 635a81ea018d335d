package disk

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"udptorrent/internal/nowait"
	"udptorrent/torrent"
)

func TestPartThatCannotBeReadIsKept(t *testing.T) {
	f := openFolder(t, t.TempDir())
	content, tor := newTorrent(t, "a", 1, 5*pieceLength)
	writePieces(t, openPart(t, f, tor), content, 0, 1)

	p := &Part{folder: f, tor: tor}
	claimed, err := p.open()
	t.Cleanup(func() { p.Close() })
	if err != nil {
		t.Fatal(err)
	}
	p.data.Close()
	data, err := os.OpenFile(p.Path(), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	p.data = nowait.NewFile(data)
	err = p.check(t.Context(), claimed, nil)
	if err == nil || !strings.HasPrefix(err.Error(), "read "+p.Path()+": ") || !strings.Contains(err.Error(), "is kept") {
		t.Errorf("%v", err)
	}
	if have := openPart(t, f, tor).Have(); have.Count() != 2 {
		t.Errorf("have %x", have.Bytes())
	}
}

// A bad stretch cannot be read.
type bad struct {
	*bytes.Reader
	from, to int64
}

var errBad = errors.New("input/output error")

func (b bad) ReadAt(p []byte, off int64) (int, error) {
	if off < b.to && off+int64(len(p)) > b.from {
		return 0, errBad
	}
	return b.Reader.ReadAt(p, off)
}

func TestRecheckTellsAnErrorFromDamage(t *testing.T) {
	content, tor := newTorrent(t, "a", 1, 5*pieceLength)
	short := content[:3*pieceLength+1]
	for _, c := range []struct {
		reader bad
		right  int
		err    error
	}{
		{bad{Reader: bytes.NewReader(content)}, 5, nil},
		{bad{Reader: bytes.NewReader(short)}, 3, nil},
		{bad{Reader: bytes.NewReader(content), from: 2*pieceLength + 5, to: 2*pieceLength + 6}, 4, errBad},
	} {
		right, err := recheck(t.Context(), c.reader, tor, torrent.FullBitfield(5), nil)
		if !errors.Is(err, c.err) || err == nil && right.Count() != c.right || right.Count() > c.right {
			t.Errorf("%d pieces, %v; want %d, %v", right.Count(), err, c.right, c.err)
		}
	}
}
