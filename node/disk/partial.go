package disk

import (
	"fmt"
	"io/fs"
	"strings"

	"udptorrent/torrent"
)

// A Partial is a download that was stopped half-way.
type Partial struct {
	Torrent *torrent.Torrent
	Bytes   int64 // in the pieces that its map claims
}

// Partials returns the downloads that can be resumed, by name. Those whose part is not
// there, or whose map or torrent cannot be read, are left out.
func (f *Folder) Partials() ([]Partial, error) {
	entries, err := fs.ReadDir(f.root.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", f.path, err)
	}
	var list []Partial
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), tableSuffix) {
			continue
		}
		if p, ok := f.partial(e.Name()); ok {
			list = append(list, p)
		}
	}
	return list, nil
}

func (f *Folder) partial(table string) (Partial, bool) {
	if _, err := f.root.Lstat(strings.TrimSuffix(table, tableSuffix) + dataSuffix); err != nil {
		return Partial{}, false
	}
	b, err := f.readTable(table)
	if err != nil {
		return Partial{}, false
	}
	h, bits, err := parsePartMap(b)
	if err != nil {
		return Partial{}, false
	}
	t, err := f.Torrent(h)
	if err != nil || t.NumPieces() != bits.Len() {
		return Partial{}, false
	}
	return Partial{Torrent: t, Bytes: t.BytesOf(bits)}, true
}
