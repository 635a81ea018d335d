package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"udptorrent/torrent"
)

// mostTable is one byte more than any map has.
const mostTable = mapHeader + torrent.MaxPieces/8 + 1

// readTable reads a map, or as much of a longer file as shows that it is none.
func (f *Folder) readTable(name string) ([]byte, error) {
	file, err := f.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, int64(mostTable)))
}

// openTable opens the map and returns the pieces that it claims. A map is always
// made before its part, so a .part without one is not ours and stays untouched.
func (p *Part) openTable() (torrent.Bitfield, error) {
	none := torrent.NewBitfield(p.tor.NumPieces())
	root, name := p.folder.root, p.tableName()
	old, err := p.folder.readTable(name)
	fresh := errors.Is(err, fs.ErrNotExist)
	if err != nil && !fresh {
		return none, err
	}
	part, missing := root.Lstat(p.dataName())
	if fresh && missing == nil {
		return none, fmt.Errorf("%w and is no part of a download; move it away", ErrDiffers)
	}
	if foreign(old) {
		err := fmt.Errorf("%w and is no map of a part; move it away", ErrDiffers)
		return none, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	claimed := none
	if missing == nil {
		if claimed, err = p.claims(old, part.Size()); err != nil {
			return none, err
		}
	}
	p.table, err = root.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	return claimed, err
}

// claims returns the pieces that may be in a part of that size, by its map: if that is damaged,
// all. One that is so damaged that it does not say whose part it is may be that of another file.
func (p *Part) claims(table []byte, size int64) (torrent.Bitfield, error) {
	none := torrent.NewBitfield(p.tor.NumPieces())
	h, claimed, damaged := parsePartMap(table)
	unknown := h.IsZero()
	switch {
	case unknown && size != p.tor.Length && size != 0:
		return none, fmt.Errorf("%w: its map is damaged, and its length is not that of %s; move or delete the file", ErrDiffers, p.tor.Name)
	case h == p.tor.InfoHash && damaged == nil && claimed.Len() == none.Len():
		return claimed, nil
	case h == p.tor.InfoHash || unknown:
		p.notice = "the map of the part was damaged: all of the part was checked"
		return torrent.FullBitfield(p.tor.NumPieces()), nil
	case damaged == nil && claimed.Count() == 0:
		return none, nil
	}
	return none, fmt.Errorf("%w: pieces of another %s (info-hash %s) are in it; download that info-hash to resume it, or move or delete the file",
		ErrDiffers, p.tor.Name, h)
}
