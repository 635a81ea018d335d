package node

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

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
	offer   *offer // of the part; nil if what comes is not for others
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
// another file has the name, and ErrBusy when it is being downloaded already.
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
	if err := d.awaitTracker(ctx); err != nil {
		return Result{}, err
	}
	d.began = time.Now() // to join the swarm was not part of it
	var owners []api.Owner
	if d.tor == nil {
		if d.tor, owners, err = n.lookUp(ctx, what); err != nil {
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
	n.log.Info("download done", eventlog.Torrent(d.tor.InfoHash), zap.String("file", d.tor.Name),
		zap.Int64("bytes", result.Bytes), zap.Float64("seconds", result.Seconds))
	return result, nil
}

// awaitTracker waits until the node is registered, and says so if that takes time.
func (d *download) awaitTracker(ctx context.Context) error {
	ready := d.node.Ready()
	select {
	case <-ready:
		return nil
	case <-time.After(reportEvery):
	case <-ctx.Done():
		return ctx.Err()
	}
	d.report.show(Progress{Phase: PhaseWaiting, ETA: -1, Message: "waiting for the tracker " + d.node.tracker.URL()}, time.Now())
	select {
	case <-ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// claim reserves the name of the file, so that no two downloads share a part.
func (n *Node) claim(d *download) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.downloads[d.tor.Name] != nil {
		return fmt.Errorf("%s %w", d.tor.Name, ErrBusy)
	}
	n.downloads[d.tor.Name] = d
	return nil
}

func (n *Node) disclaim(d *download) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.downloads, d.tor.Name)
}

// run does everything between the torrent and the file in its place.
func (d *download) run(ctx context.Context, owners []api.Owner) (Result, error) {
	if result, ok := d.served(); ok {
		return result, nil
	}
	folder := d.node.folder
	have, err := folder.Complete(ctx, d.tor, d.checking())
	if err != nil {
		return Result{}, err
	}
	if have {
		d.resumed = d.tor.Length
		return d.publish(ctx, nil, torrent.Hash{})
	}
	if err := folder.SaveTorrent(d.tor); err != nil {
		return Result{}, err
	}
	if d.part, err = folder.OpenPart(ctx, d.tor, d.checking()); err != nil {
		return Result{}, err
	}
	defer d.part.Close()
	d.notePart()
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
	have := d.part.Have()
	for i := range have.Len() {
		if have.Has(i) {
			_, n := d.tor.Piece(i)
			d.resumed += n
		}
	}
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

// finish checks the whole file if it is not too long for that, and puts it in place.
func (d *download) finish(ctx context.Context, tally []OwnerResult) (Result, error) {
	d.finishing()
	var sum torrent.Hash
	if d.tor.Length <= d.node.cfg.VerifyFileUpTo {
		var err error
		sum, err = hashFile(ctx, io.NewSectionReader(d.part, 0, d.tor.Length))
		if err != nil {
			return Result{}, fmt.Errorf("check %s: %w", d.part.Path(), err)
		}
		if !d.tor.SHA1.IsZero() && sum != d.tor.SHA1 {
			return Result{}, fmt.Errorf("%s: every piece is right, but the file's SHA-1 is %s and its torrent says %s: "+
				"the .torrent is wrong, get another", d.part.Path(), sum, d.tor.SHA1)
		}
	}
	if err := d.part.Finish(); err != nil {
		return Result{}, err
	}
	return d.publish(ctx, tally, sum)
}

// hashFile returns the SHA-1 of all of r.
func hashFile(ctx context.Context, r io.Reader) (torrent.Hash, error) {
	h := sha1.New()
	buf := make([]byte, 256<<10)
	for {
		n, err := r.Read(buf)
		h.Write(buf[:n])
		if err == io.EOF {
			return torrent.Hash(h.Sum(nil)), nil
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return torrent.Hash{}, err
		}
	}
}

// publish shares the finished file, if it is for others. The download has succeeded by
// then: what goes wrong here is logged.
func (d *download) publish(ctx context.Context, tally []OwnerResult, sum torrent.Hash) (Result, error) {
	result := d.result(tally, sum)
	info, err := os.Stat(result.Path)
	if err != nil {
		return Result{}, err
	}
	if d.node.cfg.NoUpload {
		return result, nil
	}
	h := d.tor.InfoHash
	entry := disk.Shared{InfoHash: h, Path: result.Path, Size: info.Size(), ModTime: info.ModTime()}
	if err := d.node.library.add(entry, d.tor, d.node.folder.TorrentPath(h)); err != nil {
		d.node.log.Warn("file is not shared", eventlog.Torrent(h), zap.Error(err))
		return result, nil
	}
	if err := d.node.own(ctx, h); err != nil {
		d.node.member.wake()
	}
	return result, nil
}

// result says what was done. sum is the SHA-1 of the whole file, zero if that was not
// computed.
func (d *download) result(tally []OwnerResult, sum torrent.Hash) Result {
	checked := !sum.IsZero()
	if !checked {
		sum = d.tor.SHA1
	}
	return Result{
		File: d.tor.Name, Path: d.node.folder.File(d.tor.Name), Bytes: d.tor.Length,
		Seconds: time.Since(d.began).Seconds(), Pieces: d.tor.NumPieces(),
		SHA1: sum, SHA1Checked: checked, InfoHash: d.tor.InfoHash,
		Resumed: d.resumed, Owners: tally,
	}
}

// checking returns a function that reports how many bytes on disk have been checked.
func (d *download) checking() func(done int64) {
	p := checking(d.tor.Name, d.tor)
	d.latest.Store(&p)
	return d.report.bytes(p, d.tor.PieceLength)
}

// show reports p and keeps it.
func (d *download) show(p Progress) {
	kept := p
	kept.Owners = slices.Clone(p.Owners) // the others are the receiver's
	d.latest.Store(&kept)
	d.report.show(p, time.Now())
}

// finishing reports that all pieces are here: owners are done, and nothing is fetched.
func (d *download) finishing() {
	p := *d.latest.Load()
	p.Phase, p.Message = PhaseFinishing, ""
	p.Bytes, p.Pieces = d.tor.Length, d.tor.NumPieces()
	p.Rate, p.ETA = 0, 0
	p.Owners = slices.Clone(p.Owners)
	for i := range p.Owners {
		o := &p.Owners[i]
		o.Rate = 0
		if o.State == OwnerActive {
			o.State = OwnerIdle
		}
	}
	d.show(p)
}
