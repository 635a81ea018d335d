package node

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"udptorrent/node/disk"
	"udptorrent/segment"
)

// A hungDrive is where the files lie that are called "hung": once it hangs, a look at one waits
// until free is closed, and then ends with err.
type hungDrive struct {
	hangs  atomic.Bool
	waited chan struct{} // gets one for each look that waits
	free   chan struct{}
	err    error
}

func newHungDrive(n *Node) *hungDrive {
	d := &hungDrive{waited: make(chan struct{}, 100), free: make(chan struct{})}
	n.library.stat = d.stat
	return d
}

func (d *hungDrive) stat(path string) (os.FileInfo, error) {
	if d.hangs.Load() && strings.HasPrefix(filepath.Base(path), "hung") {
		d.waited <- struct{}{}
		<-d.free
		if d.err != nil {
			return nil, d.err
		}
	}
	return os.Stat(path)
}

func TestADriveThatNobodyAsksForMayHang(t *testing.T) {
	s := newSwarm(t)
	o, err := s.open(1)
	if err != nil {
		t.Fatal(err)
	}
	drive := newHungDrive(o.Node)
	defer close(drive.free)
	o.run()
	<-o.Ready()
	content := noise(1, mega)
	o.share("hung", noise(2, mega))
	o.share("fine", content)
	drive.hangs.Store(true)
	time.Sleep(staleAfter) // the last looks are no longer believed
	if list := o.Status().Shared; len(list) != 2 || list[0].Problem != "" || list[1].Problem != "" {
		t.Errorf("status: %+v", list)
	}
	<-drive.waited
	s.node(2).fetch("fine", content)
	renewals := func() time.Time {
		o.member.mu.Lock()
		defer o.member.mu.Unlock()
		return o.member.renewAt
	}
	for range 2 {
		before := renewals()
		eventually(t, "the lease is renewed", func() bool { return renewals().After(before) })
	}
	if n := len(drive.waited); n != 0 {
		t.Errorf("%d more looks wait for the drive", n)
	}
}

func TestUploadsDoNotWaitUntilTheListIsOnDisk(t *testing.T) {
	n, dir := quiet(t)
	first, err := n.Send(context.Background(), write(t, filepath.Join(dir, "a"), noise(1, 100)), nil)
	if err != nil {
		t.Fatal(err)
	}
	begun, free := make(chan struct{}, 2), make(chan struct{})
	n.library.write = func(list []disk.Shared) error {
		begun <- struct{}{}
		<-free
		return n.folder.SaveLibrary(list)
	}
	sent := make(chan error, 2)
	for i, name := range []string{"b", "c"} {
		path := write(t, filepath.Join(dir, name), noise(2+byte(i), 100))
		go func() {
			_, err := n.Send(context.Background(), path, nil)
			sent <- err
		}()
	}
	<-begun
	read := make(chan error, 1)
	go func() {
		c, err := n.library.Open(segment.InfoHash(first.InfoHash))
		if err == nil {
			_, err = c.ReadAt(make([]byte, 100), 0)
		}
		read <- err
	}()
	select {
	case err := <-read:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("a read waits for the list")
	}
	close(free)
	for range 2 {
		if err := <-sent; err != nil {
			t.Error(err)
		}
	}
	if list, err := n.folder.Library(); err != nil || len(list) != 3 {
		t.Errorf("on disk: %+v, %v", list, err)
	}
}

// A file is replaced and sent again while a look at the old one is under way.
func TestALookAtAFileThatWasSentAgainMeanwhileSaysNothing(t *testing.T) {
	for _, found := range []error{fs.ErrNotExist, errors.New("broken")} {
		n, dir := quiet(t)
		drive := newHungDrive(n)
		drive.err = found
		path := write(t, filepath.Join(dir, "hung"), noise(1, 100))
		old, err := n.Send(context.Background(), path, nil)
		if err != nil {
			t.Fatal(err)
		}
		was := n.library.shelf(old.InfoHash)
		drive.hangs.Store(true)
		looked := make(chan error, 1)
		go func() { looked <- was.look(time.Now().Add(staleAfter)) }()
		<-drive.waited
		drive.hangs.Store(false)
		write(t, path, noise(2, 200))
		sent := make(chan error, 1)
		go func() {
			_, err := n.Send(context.Background(), path, nil)
			sent <- err
		}()
		eventually(t, "the old one is taken out", func() bool { return n.library.shelf(old.InfoHash) == nil })
		close(drive.free)
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
		if err := <-looked; err == nil {
			t.Error("a file that is gone looks well")
		}
		if text := n.library.untold(); len(text) != 0 {
			t.Errorf("notices: %q", text)
		}
		if list := n.Status().Shared; len(list) != 1 || list[0].Problem != "" || list[0].Bytes != 200 {
			t.Errorf("status: %+v", list)
		}
		if err := was.open(); !errors.Is(err, segment.ErrUnknown) {
			t.Errorf("opened what was taken out: %v", err)
		}
	}
}

func TestAFileThatNobodyReadsIsClosedUntilItIsReadAgain(t *testing.T) {
	n, dir := quiet(t)
	shared, err := n.Send(context.Background(), write(t, filepath.Join(dir, "a"), noise(1, 100)), nil)
	if err != nil {
		t.Fatal(err)
	}
	s := n.library.shelf(shared.InfoHash)
	for range 2 {
		if err := s.withFile(func(*os.File) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if n.library.check(s.read.Add(idleAfter)); s.file == nil {
			t.Error("closed too early")
		}
		if n.library.check(s.read.Add(idleAfter + 1)); s.file != nil {
			t.Error("it is still open")
		}
	}
}
