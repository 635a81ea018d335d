package disk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"unicode/utf8"

	"udptorrent/internal/atomicfile"
	"udptorrent/internal/nowait"
	"udptorrent/torrent"
)

// ErrDiffers says that another file already has the name.
var ErrDiffers = errors.New("another file has this name")

// What the names of a part and of its map end in. No finished file may have such a name.
const (
	dataSuffix  = ".part"
	tableSuffix = dataSuffix + ".map"
)

// A Part is a file on its way: pieces are written as they are verified, and what
// is written survives a crash. WritePiece and ReadAt may be called from several
// goroutines at once, and ReadAt beside everything.
type Part struct {
	folder *Folder
	tor    *torrent.Torrent
	data   *nowait.File
	table  *os.File
	notice string

	closing sync.RWMutex // held to close data, and while WithFile hands it out

	mu    sync.Mutex       // guards bits, the bytes of table, and first
	bits  torrent.Bitfield // verified pieces
	first int              // no piece before it is missing
}

// Complete returns the size and time of the whole file if the folder holds it already, which it
// finds out by hashing it, else nil. If so, what is left of its part is removed. The error wraps
// ErrDiffers when a file of that name is another.
func (f *Folder) Complete(ctx context.Context, t *torrent.Torrent, progress func(done int64)) (fs.FileInfo, error) {
	info, err := f.root.Lstat(t.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() != t.Length {
		return nil, f.differs(t.Name)
	}
	file, err := f.root.Open(t.Name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	have, err := torrent.Verify(ctx, file, t, progress)
	if err != nil {
		return nil, fmt.Errorf("verify %s: %w", f.File(t.Name), err)
	}
	if now, err := f.root.Lstat(t.Name); err != nil || now.Size() != info.Size() || !now.ModTime().Equal(info.ModTime()) {
		return nil, fmt.Errorf("%s changed while it was checked; try again", f.File(t.Name))
	}
	if !have.Full() {
		return nil, f.differs(t.Name)
	}
	p := Part{folder: f, tor: t}
	p.tidy()
	return info, nil
}

func (f *Folder) differs(name string) error {
	return fmt.Errorf("%s: %w and other contents; move it away and download again", f.File(name), ErrDiffers)
}

// OpenPart opens the part of t, or makes an empty one. Pieces that an earlier run
// has left are hashed again before they count, so that not even a power loss can
// make a wrong byte pass; progress is told how many bytes that has covered. The error
// wraps ErrDiffers when the part or its map is a file of the user's, or when the part has
// pieces of another torrent, which can still be resumed: nothing is touched then.
func (f *Folder) OpenPart(ctx context.Context, t *torrent.Torrent, progress func(done int64)) (*Part, error) {
	if err := CheckName(t.Name); err != nil {
		return nil, err
	}
	p := &Part{folder: f, tor: t}
	claimed, err := p.open()
	if err == nil {
		err = p.check(ctx, claimed, progress)
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// open opens the two files and returns the pieces that the map claims.
func (p *Part) open() (torrent.Bitfield, error) {
	claimed, err := p.openTable()
	if err == nil && claimed.Count() == 0 {
		p.bits = claimed
		err = p.writeTable() // it says whose the part is, whatever becomes of that
	}
	if err == nil {
		err = p.openData(claimed)
	}
	if err != nil {
		return claimed, p.explain("open", err)
	}
	return claimed, nil
}

// check finds out which of the claimed pieces are right and writes that into the map. A
// part that cannot be read keeps its map: a cable or a server may be to blame.
func (p *Part) check(ctx context.Context, claimed torrent.Bitfield, progress func(done int64)) error {
	var err error
	p.bits, err = recheck(ctx, p.data, p.tor, claimed, progress)
	switch {
	case err != nil && ctx.Err() != nil:
		return p.explain("check", err)
	case err != nil:
		return fmt.Errorf("%w; what has come is kept: try again, or delete that file to start over", p.explain("read", err))
	}
	if p.notice == "" && p.bits.Count() < claimed.Count() {
		p.notice = fmt.Sprintf("%d pieces of the part were damaged and will be fetched again", claimed.Count()-p.bits.Count())
	}
	if err := p.writeTable(); err != nil {
		return p.explain("write", err)
	}
	return nil
}

// openData opens the part at its full length. One whose map claims nothing is
// emptied first, so that the file is sparse again.
func (p *Part) openData(claimed torrent.Bitfield) error {
	data, err := p.folder.root.OpenFile(p.dataName(), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	p.data = nowait.NewFile(data)
	if claimed.Count() == 0 {
		if err := p.data.Truncate(0); err != nil {
			return err
		}
	}
	return p.data.Truncate(p.tor.Length)
}

// writeTable writes the whole map.
func (p *Part) writeTable() error {
	b := appendPartMap(nil, p.tor.InfoHash, p.bits)
	if err := p.table.Truncate(int64(len(b))); err != nil {
		return err
	}
	_, err := p.table.WriteAt(b, 0)
	return err
}

// Notice says in one sentence what was wrong with an earlier part; "" if nothing was.
func (p *Part) Notice() string { return p.notice }

// Have returns a copy of the bits of the pieces that are verified and written.
func (p *Part) Have() torrent.Bitfield {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bits.Clone()
}

// Full reports whether every piece is written.
func (p *Part) Full() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bits.Full()
}

// Beginning returns how many bytes from the first on are verified and written.
func (p *Part) Beginning() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.first < p.tor.NumPieces() && p.bits.Has(p.first) {
		p.first++
	}
	if p.first == p.tor.NumPieces() {
		return p.tor.Length
	}
	off, _ := p.tor.Piece(p.first)
	return off
}

// WritePiece writes piece i, which the caller has verified, and then marks it.
// The error wraps ErrFull when there is no room; what is written stays.
func (p *Part) WritePiece(i int, data []byte) error {
	off, n := p.tor.Piece(i)
	if int64(len(data)) != n {
		return fmt.Errorf("piece %d has %d bytes, want %d", i, len(data), n)
	}
	if _, err := p.data.WriteAt(data, off); err != nil {
		return p.explain("write", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bits.Set(i)
	if _, err := p.table.WriteAt(mapByte(p.bits, i/8), int64(mapHeader+i/8)); err != nil {
		return p.explain("write", err)
	}
	return nil
}

// ReadAt reads what is written; holes read as zeros. After Finish or Close the error
// is os.ErrClosed.
func (p *Part) ReadAt(b []byte, off int64) (n int, err error) {
	err = p.WithFile(func(data *os.File) error {
		n, err = data.ReadAt(b, off)
		return err
	})
	return n, err
}

// WithFile calls f with the file, which is open until f returns, and returns its error. After
// Finish or Close the error is os.ErrClosed.
func (p *Part) WithFile(f func(*os.File) error) error {
	p.closing.RLock()
	defer p.closing.RUnlock()
	if p.data == nil {
		return os.ErrClosed
	}
	return f(p.data.File)
}

// Finish makes the complete file durable and gives it its name. It returns the size and time
// that the file had then. It never overwrites a file: the error wraps ErrDiffers if one has the
// name by now.
func (p *Part) Finish() (fs.FileInfo, error) {
	if !p.Full() {
		return nil, fmt.Errorf("%s: not complete", p.Path())
	}
	if err := p.data.Sync(); err != nil {
		return nil, p.explain("finish", err)
	}
	root := p.folder.root
	if _, err := root.Lstat(p.tor.Name); err == nil {
		return nil, p.folder.differs(p.tor.Name)
	}
	if err := p.Close(); err != nil {
		return nil, p.explain("finish", err)
	}
	info, err := root.Lstat(p.dataName())
	if err == nil {
		err = root.Rename(p.dataName(), p.tor.Name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w; it was deleted or moved meanwhile: put it back if you can, and download it again", p.explain("finish", err))
	}
	if err != nil {
		return nil, p.explain("finish", err)
	}
	// The file is in place: nothing from here on is a failure. The map goes last, since a
	// power failure may undo the rename, and a part without its map is nobody's.
	if atomicfile.SyncFolderIn(root, ".") == nil {
		_ = root.Remove(p.tableName()) // or the next Complete does it
	}
	return info, nil
}

// tidy removes what is left of the part when the finished file is there: its map, if the
// node was killed at the end of Finish, or both, if the file came in another way.
func (p *Part) tidy() {
	root := p.folder.root
	table, err := p.folder.readTable(p.tableName())
	if h, _, _ := parsePartMap(table); err != nil || h != p.tor.InfoHash {
		return
	}
	if info, err := root.Lstat(p.dataName()); err == nil {
		if !info.Mode().IsRegular() || info.Size() != p.tor.Length {
			return // it is no part of this file
		}
		if root.Remove(p.dataName()) != nil {
			return
		}
	}
	_ = root.Remove(p.tableName())
}

// Close closes the files and keeps them, for a later OpenPart. It may be called
// again.
func (p *Part) Close() error {
	p.closing.Lock()
	defer p.closing.Unlock()
	var errs []error
	if p.data != nil {
		errs = append(errs, p.data.Close())
		p.data = nil
	}
	if p.table != nil {
		errs = append(errs, p.table.Close())
		p.table = nil
	}
	return errors.Join(errs...)
}

// Path returns the absolute path of the .part file.
func (p *Part) Path() string { return p.folder.File(p.dataName()) }

func (p *Part) dataName() string  { return partBase(p.tor) + dataSuffix }
func (p *Part) tableName() string { return partBase(p.tor) + tableSuffix }

// partBase returns the name that tableSuffix is added to. A name that leaves no
// room for it (most file systems allow 255 bytes) is cut and told apart by hash.
func partBase(t *torrent.Torrent) string {
	const room = 255 - len(tableSuffix)
	if len(t.Name) <= room {
		return t.Name
	}
	id := "." + t.InfoHash.String()[:8]
	cut := room - len(id)
	for cut > 0 && !utf8.RuneStart(t.Name[cut]) {
		cut--
	}
	return t.Name[:cut] + id
}

// explain is Explain for the one of the part's two files that err is about.
func (p *Part) explain(do string, err error) error {
	name := p.dataName()
	if e := (*fs.PathError)(nil); errors.As(err, &e) && filepath.Base(e.Path) == p.tableName() {
		name = p.tableName()
	}
	return Explain(do, p.folder.File(name), err)
}
