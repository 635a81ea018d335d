package node

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"go.uber.org/zap"

	"udptorrent/internal/eventlog"
	"udptorrent/node/disk"
	"udptorrent/torrent"
)

// ownPatience is how long a download that is done waits for the tracker to take its OWN.
const ownPatience = time.Second

// finish checks the whole file if it is not too long for that, and puts it in place.
func (d *download) finish(ctx context.Context, tally []OwnerResult) (Result, error) {
	d.finishing()
	var sum torrent.Hash
	if d.sum != nil {
		var err error
		if sum, err = d.sum.end(ctx); err != nil {
			return Result{}, fmt.Errorf("check %s: %w", d.part.Path(), err)
		}
		if !d.tor.SHA1.IsZero() && sum != d.tor.SHA1 {
			return Result{}, fmt.Errorf("%s: every piece is right, but the file's SHA-1 is %s and its torrent says %s: "+
				"the .torrent is wrong, get another", d.part.Path(), sum, d.tor.SHA1)
		}
	}
	info, err := d.part.Finish()
	if err != nil {
		return Result{}, err
	}
	return d.publish(ctx, info, tally, sum), nil
}

// publish puts the finished file into the library, and shares it if it is for others. info is
// what was found of the file when it was verified: if it has changed since, that will be seen. The
// download has succeeded by then: what goes wrong here is logged.
func (d *download) publish(ctx context.Context, info os.FileInfo, tally []OwnerResult, sum torrent.Hash) Result {
	result := d.result(tally, sum)
	h := d.tor.InfoHash
	entry := disk.Shared{
		InfoHash: h, Path: result.Path, Size: info.Size(), ModTime: info.ModTime(),
		Downloaded: true, Kept: d.node.cfg.NoUpload,
	}
	if err := d.node.library.add(entry, d.tor, d.node.folder.TorrentPath(h)); err != nil {
		d.node.log.Warn("file is not in the library", eventlog.Torrent(h), zap.Error(err))
		return result
	}
	ctx, cancel := context.WithTimeout(ctx, ownPatience)
	defer cancel()
	if err := d.node.own(ctx, h); err != nil {
		d.node.member.wake() // it goes on telling the tracker
	}
	return result
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
