package tracker

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"udptorrent/torrent"
	"udptorrent/tracker/api"
	"udptorrent/tracker/store"
)

// The lease of a node that renews every 20 s never ends; that of a silent one ends
// after 22 s, and a sweep at most 250 ms later takes it off every list.
func TestSilenceEndsALeaseAndRenewalKeepsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{})
		asker, silent, lively := w.join(1), w.join(2), w.join(3)
		file := w.file("f", 100)
		w.own(silent, file)
		w.own(lively, file)
		renew := func(c api.Credentials) (answer api.RegisterAnswer) {
			w.must("/v1/register", api.RegisterRequest{NodeID: c.NodeID, Port: 4000 + c.NodeID, Secret: c.Secret}, &answer)
			return answer
		}
		time.Sleep(20 * time.Second)
		if !renew(asker).Known || !renew(lively).Known {
			t.Error("a renewal in time is not known")
		}
		time.Sleep(2*time.Second - time.Millisecond)
		if got := w.need(asker, file.InfoHash); len(got) != 2 {
			t.Errorf("owners are %v just before the lease ends", got)
		}
		time.Sleep(300 * time.Millisecond)
		if got := w.need(asker, file.InfoHash); !slices.Equal(got, []int{3}) {
			t.Errorf("owners are %v after the sweep", got)
		}
		w.refused("/v1/own", api.OwnRequest{Credentials: silent, Torrent: file.Bytes()}, api.UnknownNode)
		if answer := renew(silent); answer.Known || answer.Secret != silent.Secret {
			t.Errorf("the silent node is answered %+v", answer)
		}
	})
}

func TestATorrentWithoutOwnersStaysListedForItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{TorrentMemory: 10 * time.Minute})
		file := w.file("f", 100)
		w.own(w.join(1), file)
		path := filepath.Join(w.tracker.cfg.DB, "torrents", file.InfoHash.String()+".torrent")
		time.Sleep(10 * time.Minute)
		if page := w.page(); len(page.Torrents) != 1 || page.Torrents[0].Owners != 0 {
			t.Errorf("listed ten minutes later: %+v", page.Torrents)
		}
		time.Sleep(2 * time.Minute)
		if page := w.page(); len(page.Torrents) != 0 {
			t.Errorf("listed for ever: %+v", page.Torrents)
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("its file is still there: %v", err)
		}
		// It may come again.
		w.own(w.join(1), file)
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	})
}

// Messages are answered between the parts.
func TestManyTorrentsAreForgottenInPartsOneATick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{TorrentMemory: time.Minute})
		c := w.join(1)
		for i := range 2*maxForgotten + 1 {
			m := metainfo{InfoHash: torrent.Hash{0: byte(i), 1: byte(i >> 8)}, Name: "f", Length: 1}
			err := w.tracker.keeper.do(func(l *ledger, now time.Time) ([]event, error) { return l.own(c, m, true, now) })
			if err != nil {
				t.Fatal(err)
			}
		}
		w.must("/v1/exit", api.ExitRequest{Credentials: c}, nil)
		listed := func() int {
			w.tracker.public.mu.RLock()
			defer w.tracker.public.mu.RUnlock()
			return len(w.tracker.public.swarm.torrents)
		}
		for listed() == 2*maxForgotten+1 {
			time.Sleep(sweepEvery)
			synctest.Wait()
		}
		var left []int
		for range 4 {
			left = append(left, listed())
			time.Sleep(sweepEvery)
			synctest.Wait()
		}
		if !slices.Equal(left, []int{maxForgotten + 1, 1, 0, 0}) {
			t.Errorf("%v are left, tick after tick", left)
		}
	})
}

func TestSnapshotsFollowChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{})
		w.own(w.join(1), w.file("f", 100))
		read := func() (snap snapshot) {
			for name, into := range map[string]any{nodesFile: &snap.nodes, torrentsFile: &snap.torrents} {
				data, err := os.ReadFile(filepath.Join(w.tracker.cfg.DB, name))
				if err == nil {
					err = json.Unmarshal(data, into)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			return snap
		}
		if snap := read(); len(snap.nodes.Nodes) != 0 || len(snap.torrents.Torrents) != 0 {
			t.Errorf("at once: %+v", snap)
		}
		time.Sleep(6 * time.Second)
		synctest.Wait()
		snap := read()
		if len(snap.nodes.Nodes) != 1 || len(snap.torrents.Torrents) != 1 || len(snap.torrents.Torrents[0].Owners) != 1 {
			t.Errorf("after six seconds: %+v", snap)
		}
		// A quiet tracker writes nothing: the lease has not lapsed yet.
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if again := read(); again.nodes.Saved != snap.nodes.Saved {
			t.Error("a snapshot was taken though nothing had changed")
		}
	})
}

// A failingDisk is a database that can be told to refuse.
type failingDisk struct {
	database
	failing atomic.Bool
}

var errDisk = errors.New("no space left on device")

func (d *failingDisk) Save(through uint64, files ...store.File) error {
	if d.failing.Load() {
		return errDisk
	}
	return d.database.Save(through, files...)
}

func (d *failingDisk) Append(changes [][]byte) (uint64, error) {
	if d.failing.Load() {
		return 0, errDisk
	}
	return d.database.Append(changes)
}

func TestWhatTheDiskRefusesNeverHappened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{})
		// The keeper is idle: nothing has come in, and its first tick is to come.
		disk := &failingDisk{database: w.tracker.keeper.store}
		synctest.Wait()
		w.tracker.keeper.store = disk
		asker, owner := w.join(1), w.join(2)
		file, another := w.file("f", 100), w.file("g", 100)
		w.own(owner, file)

		disk.failing.Store(true)
		w.refused("/v1/own", api.OwnRequest{Credentials: owner, Torrent: another.Bytes()}, api.Internal)
		if w.tracker.store.HasTorrent(another.InfoHash.String()) {
			t.Error("the file of a torrent that is not listed is there")
		}
		w.refused("/v1/register", api.RegisterRequest{NodeID: 9, Port: 1}, api.Internal)
		w.refused("/v1/exit", api.ExitRequest{Credentials: owner}, api.Internal)
		if got := w.need(asker, file.InfoHash); !slices.Equal(got, []int{2}) {
			t.Errorf("owners are %v", got)
		}
		w.refused("/v1/need", api.NeedRequest{Credentials: asker, InfoHash: another.InfoHash}, api.UnknownTorrent)
		// A renewal changes nothing, and needs no disk.
		w.must("/v1/register", api.RegisterRequest{NodeID: 2, Port: 4002, Secret: owner.Secret}, nil)

		disk.failing.Store(false)
		w.own(owner, another)
		w.join(9)
		w.must("/v1/exit", api.ExitRequest{Credentials: owner}, nil)
		if got := w.need(asker, file.InfoHash); len(got) != 0 {
			t.Errorf("owners are %v after the exit", got)
		}
	})
}

func TestARestartedTrackerListsTheSameOwners(t *testing.T) {
	db := t.TempDir()
	w := newWorld(t, Config{DB: db})
	asker := w.join(1)
	file := w.file("день \"1\" 🎈.iso", 100)
	for id := 2; id <= 5; id++ {
		w.own(w.join(id), file)
	}
	before := w.page()
	if err := w.tracker.Close(); err != nil {
		t.Fatal(err)
	}
	w = newWorld(t, Config{DB: db})
	if after := w.page(); !slices.Equal(after.Torrents, before.Torrents) || len(after.Torrents) != 1 {
		t.Errorf("got %+v, want %+v", after.Torrents, before.Torrents)
	}
	got := w.need(asker, file.InfoHash)
	if slices.Sort(got); !slices.Equal(got, []int{2, 3, 4, 5}) {
		t.Errorf("owners are %v", got)
	}
	var answer api.RegisterAnswer
	w.must("/v1/register", api.RegisterRequest{NodeID: 1, Port: 4001, Secret: asker.Secret}, &answer)
	if !answer.Known {
		t.Error("a node is not known after the restart")
	}
}

// While the clock was a day ahead node 1 delivered once, and node 4 left. Node 2 has delivered
// twice since.
func TestWhatWasUnderAClockThatWasAheadCountsAsOfNow(t *testing.T) {
	for name, setBack := range map[string]func(t *testing.T, w *world) *world{
		"it is set right before a start": func(t *testing.T, w *world) *world {
			if err := w.tracker.Close(); err != nil {
				t.Fatal(err)
			}
			return newWorld(t, Config{DB: w.tracker.cfg.DB})
		},
		"it is set right while the tracker runs": func(t *testing.T, w *world) *world {
			k := w.tracker.keeper
			err := k.do(func(_ *ledger, now time.Time) ([]event, error) {
				k.wall = now.Add(24 * time.Hour).Round(0)
				return nil, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(sweepEvery)
			synctest.Wait()
			return w
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, Config{})
				file, another, asker := w.file("f", 100), w.file("g", 100), w.join(3)
				w.own(w.join(1), file)
				w.own(w.join(2), file)
				w.own(w.join(4), another)
				err := w.tracker.keeper.do(func(_ *ledger, now time.Time) ([]event, error) {
					ahead := stamp(now.Add(24 * time.Hour))
					return []event{
						{At: ahead, Delivered: &delivered{NodeID: 1, Downloader: 3, Serial: 1, Bytes: 1}},
						{At: ahead, Left: &left{[]int{4}}},
						{At: stamp(now), Delivered: &delivered{NodeID: 2, Downloader: 3, Serial: 1, Bytes: 1}},
						{At: stamp(now), Delivered: &delivered{NodeID: 2, Downloader: 3, Serial: 2, Bytes: 1}},
					}, nil
				})
				if err != nil {
					t.Fatal(err)
				}
				w = setBack(t, w)
				if got := w.need(asker, file.InfoHash); !slices.Equal(got, []int{2, 1}) {
					t.Errorf("owners are %v", got)
				}
				for _, s := range []*swarm{w.tracker.public.swarm, w.tracker.keeper.ledger.swarm} {
					if left := s.nodes[4].departed; left.IsZero() || left.After(time.Now()) {
						t.Errorf("node 4 has left at %v", left)
					}
					if idle := s.torrents[another.InfoHash].idle; idle.IsZero() || idle.After(time.Now()) {
						t.Errorf("its torrent is idle since %v", idle)
					}
				}
			})
		})
	}
}

// A node that downloads owns a part from its first pieces on, and says so twice.
func TestAPartBecomesTheWholeAndBothSurviveARestart(t *testing.T) {
	db := t.TempDir()
	w := newWorld(t, Config{DB: db})
	file := w.file("f", 100)
	seed, asker, part := w.join(1), w.join(2), w.join(3)
	w.refused("/v1/own", api.OwnRequest{Credentials: part, InfoHash: file.InfoHash}, api.UnknownTorrent)
	w.own(seed, file)
	restart := func(what string, changes uint64, complete int) {
		t.Helper()
		if got := w.tracker.store.Last(); got != changes {
			t.Errorf("%s: %d changes, want %d", what, got, changes)
		}
		if err := w.tracker.Close(); err != nil {
			t.Fatal(err)
		}
		w = newWorld(t, Config{DB: db})
		if page := w.page(); len(page.Torrents) != 1 || page.Torrents[0].Owners != 2 || page.Torrents[0].Complete != complete {
			t.Errorf("%s: listed %+v, want 2 owners, %d of them complete", what, page.Torrents, complete)
		}
		var answer api.NeedAnswer
		w.must("/v1/need", api.NeedRequest{Credentials: asker, InfoHash: file.InfoHash}, &answer)
		for _, o := range answer.Owners {
			if want := o.NodeID == 1 || complete == 2; o.Complete != want {
				t.Errorf("%s: node %d is said to be complete: %t", what, o.NodeID, o.Complete)
			}
		}
		if len(answer.Owners) != 2 {
			t.Errorf("%s: told of %+v", what, answer.Owners)
		}
	}
	for range 2 {
		w.must("/v1/own", api.OwnRequest{Credentials: part, InfoHash: file.InfoHash}, nil)
	}
	restart("a part", 5, 1)
	for range 2 {
		w.must("/v1/own", api.OwnRequest{Credentials: part, InfoHash: file.InfoHash, Complete: true}, nil)
	}
	w.must("/v1/own", api.OwnRequest{Credentials: part, Torrent: file.Bytes(), Complete: true}, nil)
	restart("the whole", 6, 2)
}

// Changes that meet a closing tracker are answered, and those that are acknowledged
// are there afterwards.
func TestCloseAnswersEveryoneAndKeepsWhatItAcknowledged(t *testing.T) {
	db := t.TempDir()
	w := newWorld(t, Config{DB: db})
	var acknowledged atomic.Int64
	var wg sync.WaitGroup
	for part := range 16 {
		wg.Go(func() {
			for i := 0; ; i++ {
				m := api.RegisterRequest{NodeID: 1 + part + 16*i, Port: 1}
				if status, _ := serve(w.tracker, "/v1/register", m); status != http.StatusOK {
					return
				}
				acknowledged.Add(1)
			}
		})
	}
	for acknowledged.Load() < 500 {
		w.page()
	}
	if err := w.tracker.Close(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	w = newWorld(t, Config{DB: db})
	if got, want := len(w.tracker.public.swarm.nodes), int(acknowledged.Load()); got != want {
		t.Errorf("%d nodes, %d were acknowledged", got, want)
	}
}

// A crash between the two snapshots leaves a newer nodes.json beside an older files.json.
func TestACrashBetweenTheSnapshotsIsSafe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := t.TempDir()
		w := newWorld(t, Config{DB: db, NodeMemory: time.Minute, SnapshotInterval: 1000 * time.Hour})
		owner, leaver := w.join(1), w.join(2)
		file := w.file("f", 100)
		w.own(leaver, file)
		if err := w.tracker.Close(); err != nil {
			t.Fatal(err)
		}
		older, err := os.ReadFile(filepath.Join(db, torrentsFile))
		if err != nil {
			t.Fatal(err)
		}

		w = newWorld(t, Config{DB: db, NodeMemory: time.Minute, SnapshotInterval: 1000 * time.Hour})
		w.must("/v1/exit", api.ExitRequest{Credentials: leaver}, nil)
		for range 10 { // until the leaver is forgotten
			time.Sleep(15 * time.Second)
			w.must("/v1/register", api.RegisterRequest{NodeID: 1, Port: 1, Secret: owner.Secret}, nil)
		}
		w.own(owner, file)
		log, err := filepath.Glob(filepath.Join(db, "changes-*.log"))
		if err != nil || len(log) != 1 {
			t.Fatalf("log files: %q, %v", log, err)
		}
		changes, err := os.ReadFile(log[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := w.tracker.Close(); err != nil {
			t.Fatal(err)
		}
		// As if files.json had not been replaced, and so the log not been removed.
		if err := errors.Join(os.WriteFile(filepath.Join(db, torrentsFile), older, 0o600), os.WriteFile(log[0], changes, 0o600)); err != nil {
			t.Fatal(err)
		}
		w = newWorld(t, Config{DB: db})
		if got := w.need(w.join(3), file.InfoHash); !slices.Equal(got, []int{1}) {
			t.Errorf("owners are %v, want only the one that came after", got)
		}
	})
}

func TestTorrentFilesThatNoChangeNamesAreRemovedAtStart(t *testing.T) {
	db := t.TempDir()
	w := newWorld(t, Config{DB: db})
	file := w.file("f", 100)
	w.own(w.join(1), file)
	stray := w.file("g", 100)
	if err := w.tracker.store.SaveTorrent(stray.InfoHash.String(), stray.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := w.tracker.Close(); err != nil {
		t.Fatal(err)
	}
	w = newWorld(t, Config{DB: db})
	names, err := w.tracker.store.TorrentNames()
	if err != nil || fmt.Sprint(names) != fmt.Sprint([]string{file.InfoHash.String()}) {
		t.Errorf("files of %v are left, %v", names, err)
	}
}

func TestALostTorrentFileComesBackWhenANodeSendsItAgain(t *testing.T) {
	w := newWorld(t, Config{})
	owner, asker := w.join(1), w.join(2)
	file := w.file("f", 100)
	w.own(owner, file)
	if err := w.tracker.store.RemoveTorrent(file.InfoHash.String()); err != nil {
		t.Fatal(err)
	}
	m := api.NeedRequest{Credentials: asker, InfoHash: file.InfoHash, WantTorrent: true}
	w.refused("/v1/need", m, api.UnknownTorrent)
	w.own(owner, file)
	var answer api.NeedAnswer
	if w.must("/v1/need", m, &answer); !bytes.Equal(answer.Torrent, file.Bytes()) {
		t.Errorf("need answers %+v", answer)
	}
}

func TestASnapshotThatFailsIsTakenLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logged := observer.New(zap.ErrorLevel)
		w := newWorld(t, Config{Log: zap.New(core)})
		disk := &failingDisk{database: w.tracker.store}
		synctest.Wait()
		w.tracker.keeper.saver.store = disk
		w.join(1)
		disk.failing.Store(true)
		time.Sleep(16 * time.Second)
		synctest.Wait()
		if n := logged.Len(); n != 3 {
			t.Errorf("%d failures are logged in 16 s, want one every 5 s", n)
		}
		disk.failing.Store(false)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if snap, err := loadSnapshot(w.tracker.store); err != nil || len(snap.nodes.Nodes) != 1 {
			t.Errorf("got %+v, %v", snap, err)
		}
	})
}

// A stallingDisk stalls once, for so long, at the next change or at the next snapshot.
type stallingDisk struct {
	database
	change, snapshot time.Duration
}

func (d *stallingDisk) Append(changes [][]byte) (uint64, error) {
	time.Sleep(d.change)
	d.change = 0
	return d.database.Append(changes)
}

func (d *stallingDisk) Rotate() error {
	time.Sleep(d.snapshot)
	d.snapshot = 0
	return d.database.Rotate()
}

// A node renews 2 s before its lease ends, while the disk stalls for 3 s.
func TestARenewalInTimeIsKnownThoughTheDiskStalls(t *testing.T) {
	for name, stall := range map[string]stallingDisk{
		"at a change":   {change: 3 * time.Second},
		"at a snapshot": {snapshot: 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { renewDuring(t, stall) }) })
	}
}

func renewDuring(t *testing.T, stall stallingDisk) {
	w := newWorld(t, Config{})
	disk := &stallingDisk{database: w.tracker.store}
	synctest.Wait()
	w.tracker.keeper.store, w.tracker.keeper.saver.store = disk, disk
	owner, silent := w.join(1), w.join(2)
	file := w.file("f", 100)
	w.own(owner, file)
	time.Sleep(14600 * time.Millisecond)
	w.join(3) // a snapshot is due at 19.75 s
	time.Sleep(5 * time.Second)
	synctest.Wait()
	disk.change, disk.snapshot = stall.change, stall.snapshot
	go w.join(4)
	time.Sleep(400 * time.Millisecond)
	for range 3 {
		var answer api.RegisterAnswer
		w.must("/v1/register", api.RegisterRequest{NodeID: 1, Port: 4001, Secret: owner.Secret}, &answer)
		if !answer.Known {
			t.Error("a renewal in time is not known")
		}
		time.Sleep(20 * time.Second)
	}
	if got := w.need(w.join(5), file.InfoHash); !slices.Equal(got, []int{1}) {
		t.Errorf("owners are %v", got)
	}
	w.refused("/v1/exit", api.ExitRequest{Credentials: silent}, api.UnknownNode)
}

// The process is stopped for a minute, or its machine is. Whatever the keeper finds first
// then, the lease of who renewed 10 s before goes on where it was.
func TestALeaseOutlastsAPauseOfTheWholeProcess(t *testing.T) {
	for name, wake := range map[string]func(k *keeper, c api.Credentials) *change{
		"a tick comes first": func(k *keeper, _ api.Credentials) *change {
			k.tidy(time.Now())
			return new(change)
		},
		"a change comes first": func(k *keeper, c api.Credentials) *change {
			own := &change{done: make(chan struct{}), decide: func(l *ledger, now time.Time) ([]event, error) {
				_, err := l.authorize(c, now)
				return nil, err
			}}
			k.process([]*change{own})
			return own
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, Config{})
				c := w.join(1)
				time.Sleep(10 * time.Second)
				if err := w.tracker.Close(); err != nil { // its keeper is ours now
					t.Fatal(err)
				}
				k := w.tracker.keeper
				time.Sleep(time.Minute)
				if c := wake(k, c); c.err != nil {
					t.Error(c.err)
				}
				// 12 s were left, and a pause counts as one tick.
				for tick := range 50 {
					if want, alive := tick < 47, k.ledger.leases.alive(1, time.Now()); alive != want {
						t.Fatalf("%d ticks after the pause the lease is alive: %t", tick, alive)
					}
					time.Sleep(sweepEvery)
					k.attend(time.Now())
				}
			})
		})
	}
}

// A slowDisk takes a second to begin a new log.
type slowDisk struct{ database }

func (d slowDisk) Rotate() error {
	time.Sleep(time.Second)
	return d.database.Rotate()
}

func TestALastSnapshotThatTakesLongIsLeftToTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logged := observer.New(zap.InfoLevel)
		db := t.TempDir()
		w := newWorld(t, Config{DB: db, Log: zap.New(core)})
		synctest.Wait()
		w.tracker.keeper.saver.store = slowDisk{w.tracker.store}
		file := w.file("f", 100)
		w.own(w.join(1), file)
		if err := w.tracker.Close(); err != nil {
			t.Fatal(err)
		}
		if logged.FilterMessageSnippet("given up").Len() != 1 || logged.FilterLevelExact(zap.ErrorLevel).Len() != 0 {
			t.Errorf("logged: %+v", logged.All())
		}
		data, err := os.ReadFile(filepath.Join(db, nodesFile))
		if err != nil || strings.Contains(string(data), "node_id") {
			t.Errorf("the snapshot is %s, %v", data, err)
		}
		w = newWorld(t, Config{DB: db})
		if page := w.page(); len(page.Torrents) != 1 || page.Torrents[0].Complete != 1 {
			t.Errorf("listed: %+v", page.Torrents)
		}
	})
}

// Two that own the same at once: if the disk refuses the first, the second, which had
// nothing to add, is refused too.
func TestWhatBuildsOnARefusedChangeIsRefused(t *testing.T) {
	w := newWorld(t, Config{})
	if err := w.tracker.Close(); err != nil { // its keeper is ours now
		t.Fatal(err)
	}
	k := w.tracker.keeper
	disk := &failingDisk{database: k.store}
	disk.failing.Store(true)
	k.store = disk
	register := func() *change {
		m := &api.RegisterRequest{NodeID: 1, Port: 1, Secret: "secret"}
		return &change{done: make(chan struct{}), decide: func(l *ledger, now time.Time) ([]event, error) {
			l.secret = func() string { return "secret" }
			_, events, err := l.register(m, netip.MustParseAddr("192.0.2.1"), now)
			return events, err
		}}
	}
	first, second := register(), register()
	k.process([]*change{first, second})
	if len(first.events) == 0 || len(second.events) != 0 {
		t.Fatalf("%d and %d events", len(first.events), len(second.events))
	}
	if !errors.Is(first.err, api.Internal) || !errors.Is(second.err, api.Internal) {
		t.Errorf("got %v and %v", first.err, second.err)
	}
	if len(k.ledger.swarm.nodes) != 0 || len(k.ledger.leases.byNode) != 0 {
		t.Error("the ledger still knows of the node")
	}
}

func TestASnapshotThatCannotBeReadIsNamed(t *testing.T) {
	for _, name := range []string{nodesFile, torrentsFile} {
		db := t.TempDir()
		if err := os.WriteFile(filepath.Join(db, name), []byte(`{"seq": 1, "no`), 0o600); err != nil {
			t.Fatal(err)
		}
		if tracker, err := Open(Config{DB: db}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v, %v", name, tracker, err)
		}
	}
}

func TestADatabaseThatCannotBeWrittenIsAClearError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Config{DB: filepath.Join(file, "db")}); err == nil || !strings.Contains(err.Error(), "-db") {
		t.Errorf("got %v", err)
	}
}
