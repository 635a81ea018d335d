package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"golang.org/x/text/unicode/norm"

	"udptorrent/internal/eventlog"
	"udptorrent/node/disk"
	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

// Errors of Download that a caller may want to tell apart.
var (
	// ErrNoOwners: for as long as patience lasts nobody delivered anything.
	ErrNoOwners = errors.New("nobody is left to fetch it from")

	// ErrBusy: a file of this name is being downloaded already.
	ErrBusy = errors.New("is being downloaded already")
)

// A download is one Download under way: what happens before and after the fetching,
// which is a transfer.
type download struct {
	node    *Node
	tor     *torrent.Torrent
	part    *disk.Part
	sum     *fileSum // of the part; nil if the file is too long to be hashed as a whole
	offer   *offer   // of the part; nil if what comes is not for others
	report  *reporter
	began   time.Time
	resumed int64 // bytes that were on disk already

	latest atomic.Pointer[Progress] // what was shown last
}

// Download fetches a file into the node's folder, verifies it, and then serves it.
// what is the path of a .torrent, a name that the tracker knows, or an info-hash.
//
// Every byte was verified before it was written, so whatever happens, what has come
// is kept, and the next Download of the same torrent goes on from there. A file that
// is there already is verified and nothing is fetched. The error wraps ErrNoOwners
// when nobody delivered anything for the patience of the Config, disk.ErrDiffers when
// another file has the name, or a part of another can be resumed, and ErrBusy when it is
// being downloaded already.
func (n *Node) Download(ctx context.Context, what string, report func(Progress)) (Result, error) {
	ctx, end, err := n.begin(ctx)
	if err != nil {
		return Result{}, err
	}
	defer end()
	d := &download{node: n, report: startReporter(report)}
	defer d.report.end()
	if d.tor, err = n.torrentFile(what); err != nil {
		return Result{}, err
	}
	show := func(p Progress) { d.report.show(p, time.Now()) }
	if err := n.awaitTracker(ctx, d.wanted(what), show); err != nil {
		return Result{}, err
	}
	d.began = time.Now() // to join the swarm was not part of it
	var owners []api.Owner
	if d.tor == nil {
		if d.tor, owners, err = d.lookUp(ctx, what); err != nil {
			return Result{}, err
		}
	}
	if err := checkName(d.tor); err != nil {
		return Result{}, fmt.Errorf("download %s: %w", what, err)
	}
	if err := n.claim(d); err != nil {
		return Result{}, err
	}
	defer n.disclaim(d)
	waited, release, err := n.queue(ctx, d)
	if err != nil {
		return Result{}, err
	}
	defer release()
	if waited {
		owners = nil // they are those of long ago
	}
	result, err := d.run(ctx, owners)
	if err != nil {
		n.log.Warn("download failed", eventlog.Torrent(d.tor.InfoHash), zap.String("file", d.tor.Name), zap.Error(err))
		return Result{}, err
	}
	n.logDone(result)
	return result, nil
}

// wanted says what is known of the file before the tracker is asked.
func (d *download) wanted(what string) Progress {
	if d.tor == nil {
		return Progress{File: what}
	}
	return Progress{File: d.tor.Name, InfoHash: d.tor.InfoHash, Length: d.tor.Length, PiecesTotal: d.tor.NumPieces()}
}

// claim reserves the name of the file, so that no two downloads share a part.
func (n *Node) claim(d *download) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	name := fold(d.tor.Name)
	switch busy := n.downloads[name]; {
	case busy == nil:
	case busy.tor.InfoHash == d.tor.InfoHash:
		return fmt.Errorf("%s %w", d.tor.Name, ErrBusy)
	default:
		return fmt.Errorf("%s %w, as %s of info-hash %s: wait for its end", d.tor.Name, ErrBusy, busy.tor.Name, busy.tor.InfoHash)
	}
	n.downloads[name] = d
	return nil
}

func (n *Node) disclaim(d *download) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.downloads, fold(d.tor.Name))
}

// fold returns what names have in common that macOS or Windows take for one: those that differ
// only in case, or in how an accent is written.
func fold(name string) string {
	return norm.NFC.String(strings.ToLower(strings.ToUpper(name)))
}

// run does everything between the torrent and the file in its place.
func (d *download) run(ctx context.Context, owners []api.Owner) (Result, error) {
	if result, ok := d.served(); ok {
		return result, nil
	}
	folder := d.node.folder
	info, err := folder.Complete(ctx, d.tor, d.checking())
	if err != nil {
		return Result{}, err
	}
	if info != nil {
		d.resumed = d.tor.Length
		return d.publish(ctx, info, nil, torrent.Hash{}), nil
	}
	if err := folder.SaveTorrent(d.tor); err != nil {
		return Result{}, err
	}
	if d.part, err = folder.OpenPart(ctx, d.tor, d.checking()); err != nil {
		return Result{}, err
	}
	defer d.part.Close()
	d.notePart()
	if d.tor.Length <= d.node.cfg.VerifyFileUpTo {
		d.sum = followFile(ctx, d.part, d.tor.Length, d.node.labour)
		defer d.sum.stop()
	}
	if !d.node.cfg.NoUpload {
		d.offer = d.node.library.offerPart(d.tor, d.part)
		defer d.node.library.endPart(d.offer)
	}
	tally, err := d.transfer(ctx, owners)
	if err != nil {
		return Result{}, err
	}
	return d.finish(ctx, tally)
}

// served returns the result when this node serves the file already, from wherever.
func (d *download) served() (Result, bool) {
	s := d.node.library.shared(d.tor.InfoHash)
	info, err := os.Stat(s.Path)
	if err != nil {
		return Result{}, false
	}
	if h, ok := d.node.library.find(s.Path, info); !ok || h != d.tor.InfoHash {
		return Result{}, false
	}
	d.resumed = d.tor.Length
	result := d.result(nil, torrent.Hash{})
	result.Path = s.Path
	return result, true
}

// notePart takes in what an earlier run has left.
func (d *download) notePart() {
	d.resumed = d.tor.BytesOf(d.part.Have())
	if notice := d.part.Notice(); notice != "" {
		d.node.log.Warn(notice, eventlog.Torrent(d.tor.InfoHash), zap.String("file", d.tor.Name))
	}
	if d.resumed > 0 {
		d.node.log.Info("resuming", eventlog.Torrent(d.tor.InfoHash), zap.Int64("bytes", d.resumed))
	}
}

// transfer fetches what is missing and returns who delivered what.
func (d *download) transfer(ctx context.Context, owners []api.Owner) ([]OwnerResult, error) {
	if d.part.Full() {
		return nil, nil
	}
	t := newTransfer(d)
	tally, err := t.run(ctx, owners)
	if err != nil {
		return nil, fmt.Errorf("download %s: %w; %s", d.tor.Name, err, d.kept())
	}
	return tally, nil
}

// kept says what a download leaves behind when it ends early.
func (d *download) kept() string {
	have := d.part.Have().Count()
	if have == 0 {
		return "nothing of it had come"
	}
	return fmt.Sprintf("%d of %d pieces are kept in %s: download it again to go on",
		have, d.tor.NumPieces(), d.part.Path())
}

// checking returns a function that reports how many bytes on disk have been checked.
func (d *download) checking() func(done int64) {
	p := checking(d.tor.Name, d.tor)
	d.latest.Store(&p)
	report := d.report.bytes(p, d.tor.PieceLength)
	return func(done int64) {
		d.node.labour.begin()()
		report(done)
		shown := d.report.shown
		d.latest.Store(&shown)
	}
}

// show reports p and keeps it.
func (d *download) show(p Progress) {
	kept := p
	kept.Owners = slices.Clone(p.Owners) // the others are the receiver's
	d.latest.Store(&kept)
	d.report.show(p, time.Now())
}
