package node

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"udptorrent/node/disk"
	"udptorrent/segment"
)

// shelved puts the booth's file on the shelf.
func (b *booth) shelved() string {
	b.Helper()
	path := write(b.T, filepath.Join(b.TempDir(), "a"), b.content)
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	entry := disk.Shared{InfoHash: b.tor.InfoHash, Path: path, Size: b.tor.Length, ModTime: info.ModTime()}
	if err := b.node.library.add(entry, b.tor, ""); err != nil {
		b.Fatal(err)
	}
	return path
}

// A file changes on its shelf, is downloaded anew, and that is given up.
func TestADownloadThatIsGivenUpIsWoundUpThoughTheShelfHasAnOldFile(t *testing.T) {
	b := newBooth(t)
	if err := os.Remove(b.shelved()); err != nil {
		t.Fatal(err)
	}
	b.node.library.check(time.Now().Add(time.Second))
	b.partial(1)
	b.introduce(func(int, netip.AddrPort) {})
	b.node.library.told(b.tor.InfoHash, partOwner)
	for len(b.node.member.poke) > 0 {
		<-b.node.member.poke
	}
	b.node.library.endPart(b.offer)
	if b.offer.meet != nil {
		t.Error("who asks still meets the download")
	}
	if len(b.node.member.poke) == 0 {
		t.Error("the tracker is not told")
	}
}

// The drive of a shared file is away, the file is downloaded, and that is given up when the
// drive is back.
func TestADownloadThatIsGivenUpLeavesAFileThatIsServedAgain(t *testing.T) {
	b := newBooth(t)
	b.shelved()
	part := b.partial(1)
	b.introduce(func(int, netip.AddrPort) {})
	b.node.library.endPart(b.offer)
	if err := part.Close(); err != nil {
		t.Fatal(err)
	}
	if c, err := b.node.library.Open(segment.InfoHash(b.tor.InfoHash)); err != nil || c != b.offer {
		t.Errorf("opened %v, %v", c, err)
	}
	b.reads(0, len(b.content), nil)
	if b.offer.meet != nil || !b.Whole() {
		t.Error("it is still the offer of a part")
	}
}
