package tracker

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

// A desk is a ledger in virtual time: what it decides happens at once.
type desk struct {
	*testing.T
	ledger *ledger
	now    time.Time
}

func newDesk(t *testing.T, cfg Config) *desk {
	t.Helper()
	cfg, err := cfg.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	secrets := 0
	l := &ledger{cfg: &cfg, leases: newLeases(cfg.TrackerInterval), swarm: newSwarm(cfg.HalfLife), secret: func() string {
		secrets++
		return fmt.Sprint("secret ", secrets)
	}}
	return &desk{T: t, ledger: l, now: epoch}
}

func (d *desk) happen(events []event, err error) error {
	for _, e := range events {
		d.ledger.swarm.apply(d.ledger.swarm.nodesSeq+1, e)
	}
	return err
}

func (d *desk) register(id int, secret string) (api.RegisterAnswer, error) {
	m := &api.RegisterRequest{NodeID: id, Port: 4000 + id, Secret: secret}
	answer, events, err := d.ledger.register(m, netip.MustParseAddr("192.0.2.1"), d.now)
	return answer, d.happen(events, err)
}

func (d *desk) join(id int) api.Credentials {
	d.Helper()
	answer, err := d.register(id, "")
	if err != nil {
		d.Fatal(err)
	}
	return api.Credentials{NodeID: id, Secret: answer.Secret}
}

func (d *desk) own(c api.Credentials, name string) error {
	m := metainfo{InfoHash: torrent.Hash{name[0]}, Name: name, Length: 1000}
	return d.happen(d.ledger.own(c, m, true, d.now))
}

func (d *desk) update(c api.Credentials, r api.Receipt) error {
	return d.happen(d.ledger.update(c, r, d.now))
}

func (d *desk) exit(c api.Credentials) error { return d.happen(d.ledger.exit(c, d.now)) }

func (d *desk) owners(name string) []int {
	var ids []int
	for _, o := range d.ledger.swarm.torrents[torrent.Hash{name[0]}].owners {
		ids = append(ids, o.id)
	}
	slices.Sort(ids)
	return ids
}

// want fails the test unless err carries code, or is nil for an empty code.
func (d *desk) want(what string, err error, code api.Code) {
	d.Helper()
	if code == "" && err != nil || code != "" && !errors.Is(err, code) {
		d.Errorf("%s: got %v, want %q", what, err, code)
	}
}

func TestALiveNodeIdCannotBeTaken(t *testing.T) {
	d := newDesk(t, Config{})
	mine := d.join(3)
	_, err := d.register(3, "")
	d.want("without the secret", err, api.NodeIDTaken)
	_, err = d.register(3, "secret 0")
	d.want("with a wrong secret", err, api.NodeIDTaken)
	answer, err := d.register(3, mine.Secret)
	if err != nil || answer.Secret != mine.Secret || !answer.Known {
		t.Errorf("with the secret: got %+v, %v", answer, err)
	}
	// The attempts did not prolong it: the lease counts from the last renewal.
	d.now = d.now.Add(22 * time.Second)
	answer, err = d.register(3, "")
	if err != nil || answer.Secret == mine.Secret || answer.Known {
		t.Errorf("after its lease: got %+v, %v", answer, err)
	}
	d.want("the old secret", d.own(mine, "f"), api.WrongSecret)
}

func TestANodeThatLapsedComesBackAsItself(t *testing.T) {
	d := newDesk(t, Config{})
	c := d.join(3)
	d.want("own", d.own(c, "f"), "")
	deliveries(d.ledger.swarm, 3, 5, d.now)
	d.now = d.now.Add(time.Minute)
	d.want("own after the lease", d.own(c, "f"), api.UnknownNode)
	answer, err := d.register(3, c.Secret)
	if err != nil || answer.Known || answer.Secret != c.Secret {
		t.Errorf("got %+v, %v", answer, err)
	}
	if got := d.owners("f"); len(got) != 0 {
		t.Errorf("owners are %v before it owns again", got)
	}
	if d.ledger.swarm.nodes[3].uploads.Deliveries != 5 {
		t.Error("its deliveries are forgotten")
	}
}

func TestALeaseLastsExactlyTheTrackerInterval(t *testing.T) {
	d := newDesk(t, Config{})
	c := d.join(3)
	d.now = d.now.Add(22*time.Second - 1)
	d.want("a nanosecond before the end", d.own(c, "f"), "")
	d.now = d.now.Add(1)
	d.want("at the end", d.own(c, "g"), api.UnknownNode)
}

func TestAllThatLapsedGoInOneSweep(t *testing.T) {
	d := newDesk(t, Config{})
	var all []api.Credentials
	for id := 1; id <= 100; id++ {
		c := d.join(id)
		d.want("own", d.own(c, "f"), "")
		all = append(all, c)
		d.now = d.now.Add(time.Millisecond)
	}
	d.now = d.now.Add(15 * time.Second)
	for _, c := range all[:10] {
		if _, err := d.register(c.NodeID, c.Secret); err != nil {
			t.Fatal(err)
		}
	}
	if events := d.ledger.sweep(d.now); events != nil {
		t.Fatalf("before the leases end: %d events", len(events))
	}
	d.now = d.now.Add(10 * time.Second)
	events := d.ledger.sweep(d.now)
	if len(events) != 1 || events[0].Left == nil || len(events[0].Left.NodeIDs) != 90 {
		t.Fatalf("got %+v, want one event with 90 nodes", events)
	}
	d.happen(events, nil)
	if got := d.owners("f"); !slices.Equal(got, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}) {
		t.Errorf("owners are %v", got)
	}
	if events := d.ledger.sweep(d.now); events != nil {
		t.Errorf("the next sweep finds %+v", events)
	}
}

func TestExitIsForTheNodeItself(t *testing.T) {
	d := newDesk(t, Config{})
	one, two := d.join(1), d.join(2)
	d.want("own", d.own(one, "f"), "")
	d.want("with another's secret", d.exit(api.Credentials{NodeID: 1, Secret: two.Secret}), api.WrongSecret)
	d.want("of a node that never was", d.exit(api.Credentials{NodeID: 9, Secret: two.Secret}), api.UnknownNode)
	if got := d.owners("f"); !slices.Equal(got, []int{1}) {
		t.Errorf("owners are %v", got)
	}
	d.want("of itself", d.exit(one), "")
	if got := d.owners("f"); len(got) != 0 {
		t.Errorf("owners are %v after the exit", got)
	}
	d.want("twice", d.exit(one), api.UnknownNode)
	_, err := d.register(1, "")
	d.want("the id is free", err, "")
}

func TestOnlyAGoodReceiptCountsAndOnlyOnce(t *testing.T) {
	d := newDesk(t, Config{})
	owner, downloader, other := d.join(1), d.join(2), d.join(3)
	d.want("own", d.own(owner, "f"), "")
	receipt := func(change func(r *api.Receipt), secret string) api.Receipt {
		r := api.Receipt{Downloader: 2, Owner: 1, InfoHash: torrent.Hash{'f'}, Serial: 10, Bytes: 100}
		change(&r)
		signed, err := api.ParseReceipt(api.SignReceipt(secret, r))
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	same := func(*api.Receipt) {}
	for _, test := range []struct {
		name   string
		change func(r *api.Receipt)
		secret string
		want   api.Code
	}{
		{"signed by the owner", same, owner.Secret, api.BadReceipt},
		{"for another owner", func(r *api.Receipt) { r.Owner = 3 }, downloader.Secret, api.BadReceipt},
		{"in another's name", func(r *api.Receipt) { r.Downloader = 3 }, downloader.Secret, api.BadReceipt},
		{"by a node that never was", func(r *api.Receipt) { r.Downloader = 9 }, downloader.Secret, api.BadReceipt},
		{"to itself", func(r *api.Receipt) { r.Downloader = 1 }, owner.Secret, api.BadReceipt},
		{"for an unknown torrent", func(r *api.Receipt) { r.InfoHash[0] = 'x' }, downloader.Secret, api.BadReceipt},
		{"for more than there is", func(r *api.Receipt) { r.Bytes = 1001 }, downloader.Secret, api.BadReceipt},
		{"good", same, downloader.Secret, ""},
		{"again", same, downloader.Secret, api.ReplayedReceipt},
		{"with the same serial", func(r *api.Receipt) { r.Bytes = 99 }, downloader.Secret, api.ReplayedReceipt},
		{"with an earlier serial", func(r *api.Receipt) { r.Serial = 8 }, downloader.Secret, ""},
		{"with that again", func(r *api.Receipt) { r.Serial = 8 }, downloader.Secret, api.ReplayedReceipt},
		{"with serial 0", func(r *api.Receipt) { r.Serial = 0 }, downloader.Secret, api.ReplayedReceipt},
		{"of another downloader", func(r *api.Receipt) { r.Downloader = 3 }, other.Secret, ""},
	} {
		d.want(test.name, d.update(owner, receipt(test.change, test.secret)), test.want)
	}
	if u := d.ledger.swarm.nodes[1].uploads; u.Deliveries != 3 || u.Bytes != 300 || u.Frequency != 3 {
		t.Errorf("the owner has %+v, want 3 deliveries of 300 bytes", u)
	}
	// A downloader may be done and gone before its receipts arrive.
	d.want("exit", d.exit(downloader), "")
	d.want("of one that left", d.update(owner, receipt(func(r *api.Receipt) { r.Serial = 11 }, downloader.Secret)), "")
	d.now = d.now.Add(time.Second)
	d.join(2)
	d.want("by the secret before", d.update(owner, receipt(func(r *api.Receipt) { r.Serial = 12 }, downloader.Secret)), api.BadReceipt)
}

// More than the tracker remembers one by one. What it has let go of counts no second time.
func TestANodeMaySignForAnyNumberOfOwners(t *testing.T) {
	d := newDesk(t, Config{})
	downloader := d.join(1)
	first := d.join(2)
	d.want("own", d.own(first, "f"), "")
	show := func(owner api.Credentials, serial uint64) error {
		r := api.Receipt{Downloader: 1, Owner: owner.NodeID, InfoHash: torrent.Hash{'f'}, Serial: serial, Bytes: 1}
		signed, err := api.ParseReceipt(api.SignReceipt(downloader.Secret, r))
		if err != nil {
			t.Fatal(err)
		}
		return d.update(owner, signed)
	}
	const serial = 1 << 60
	d.want("the first owner", show(first, serial), "")
	for i := range maxWindows {
		if err := show(d.join(3+i), serial+1+uint64(i)); err != nil {
			t.Fatalf("owner %d: %v", 2+i, err)
		}
	}
	if got := len(d.ledger.swarm.nodes[1].receipts.windows); got != maxWindows {
		t.Errorf("%d windows, want %d", got, maxWindows)
	}
	d.want("the first owner again", show(first, serial), api.ReplayedReceipt)
	d.want("after a restart", func() error {
		d.ledger.follow(d.ledger.swarm.snapshot(d.now).swarm(d.ledger.cfg.HalfLife), d.now)
		return show(first, serial)
	}(), api.ReplayedReceipt)
	d.want("its next one", show(first, serial+maxWindows+1), "")
	d.want("and the first again", show(first, serial), api.ReplayedReceipt)
}

// The tracker remembers it though the first owner's window is new.
func TestWhatIsUnderTheFloorOfReceiptsIsNotNewInANewWindow(t *testing.T) {
	r := receipts{floor: 100}
	r.add(1, 101)
	for serial, shown := range map[uint64]bool{99: true, 100: true, 101: true, 102: false} {
		if got := r.has(1, serial); got != shown {
			t.Errorf("serial %d is shown: %t, want %t", serial, got, shown)
		}
	}
}

func TestTorrentsAndNodesAreForgottenAfterTheirTime(t *testing.T) {
	d := newDesk(t, Config{})
	c := d.join(1)
	d.want("own", d.own(c, "f"), "")
	d.want("exit", d.exit(c), "")
	for _, step := range []struct {
		at              time.Duration
		nodes, torrents int
	}{{time.Hour - 1, 1, 1}, {time.Hour, 0, 1}, {24*time.Hour - 1, 0, 1}, {24 * time.Hour, 0, 0}} {
		d.happen(d.ledger.forget(epoch.Add(step.at)), nil)
		if s := d.ledger.swarm; len(s.nodes) != step.nodes || len(s.torrents) != step.torrents || len(s.names) != step.torrents {
			t.Errorf("after %v: %d nodes, %d torrents, %d names", step.at, len(s.nodes), len(s.torrents), len(s.names))
		}
	}
}

func TestLimitsRefuseOnlyWhatIsPastThem(t *testing.T) {
	d := newDesk(t, Config{MaxNodes: 3, MaxTorrents: 3, MaxTorrentOwners: 2, MaxTorrentsPerNode: 2})
	one, two, three := d.join(1), d.join(2), d.join(3)
	_, err := d.register(4, "")
	d.want("a fourth node", err, api.LimitReached)
	_, err = d.register(3, three.Secret)
	d.want("a renewal", err, "")
	d.want("one, f", d.own(one, "f"), "")
	d.want("one, g", d.own(one, "g"), "")
	d.want("one, h", d.own(one, "h"), api.LimitReached)
	d.want("one, f again", d.own(one, "f"), "")
	d.want("one, a part of f only", d.happen(d.ledger.ownListed(one, torrent.Hash{'f'}, false, d.now)), "")
	d.want("two, f", d.own(two, "f"), "")
	d.want("three, f", d.own(three, "f"), api.LimitReached)
	d.want("two, h", d.own(two, "h"), "")
	d.want("three, i", d.own(three, "i"), api.LimitReached)
	d.want("three, f by its name", d.happen(d.ledger.ownListed(three, torrent.Hash{'f'}, true, d.now)), api.LimitReached)
}

// Who delivered comes back to its rank, even then.
func TestAFullTrackerForgetsFirstWhoLeftFirstAndNeverDelivered(t *testing.T) {
	d := newDesk(t, Config{MaxNodes: 4})
	for id := 1; id <= 4; id++ {
		d.join(id)
	}
	deliveries(d.ledger.swarm, 3, 1, d.now) // with node 0 as the downloader
	d.ledger.swarm.forget(0)
	known := func(want ...int) {
		t.Helper()
		if got := slices.Sorted(maps.Keys(d.ledger.swarm.nodes)); !slices.Equal(got, want) {
			t.Errorf("known are %v, want %v", got, want)
		}
	}
	leave := func(id int) {
		t.Helper()
		d.now = d.now.Add(time.Second)
		d.want("exit", d.exit(api.Credentials{NodeID: id, Secret: d.ledger.swarm.nodes[id].secret}), "")
	}
	for _, id := range []int{3, 2, 1} {
		leave(id)
	}
	known(1, 2, 3, 4)
	d.join(5)
	known(1, 3, 4, 5)
	// A restart keeps the order.
	leave(5)
	d.ledger.follow(d.ledger.swarm.snapshot(d.now).swarm(d.ledger.cfg.HalfLife), d.now)
	d.join(6)
	known(3, 4, 5, 6)
	d.join(7)
	known(3, 4, 6, 7)
	_, err := d.register(8, "")
	d.want("with nobody to spare", err, api.LimitReached)
	d.join(3)
}

func TestANameMeansTheTorrentThatIsOwned(t *testing.T) {
	d := newDesk(t, Config{})
	one, two := d.join(1), d.join(2)
	named := func(c api.Credentials, b byte) error {
		return d.happen(d.ledger.own(c, metainfo{InfoHash: torrent.Hash{b}, Name: "f"}, true, d.now))
	}
	d.want("own", errors.Join(named(one, 'a'), named(two, 'b')), "")
	_, err := d.ledger.swarm.find(torrent.Hash{}, "f")
	d.want("two of one name", err, api.AmbiguousName)
	d.want("withdraw", d.happen(d.ledger.withdraw(one, torrent.Hash{'a'}, d.now)), "")
	if p, err := d.ledger.swarm.find(torrent.Hash{}, "f"); err != nil || p.InfoHash != (torrent.Hash{'b'}) {
		t.Errorf("got %+v, %v", p, err)
	}
	d.want("exit", d.exit(two), "")
	_, err = d.ledger.swarm.find(torrent.Hash{}, "f")
	d.want("none is owned", err, api.AmbiguousName)
	_, err = d.ledger.swarm.find(torrent.Hash{}, "g")
	d.want("another name", err, api.UnknownTorrent)
	if p, err := d.ledger.swarm.find(torrent.Hash{'a'}, ""); err != nil || len(d.ledger.swarm.need(p, &node{}, 8, d.now, rand.New(rand.NewPCG(1, 1)))) != 0 {
		t.Errorf("got %+v, %v", p, err)
	}
}
