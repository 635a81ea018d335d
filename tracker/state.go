package tracker

import (
	"math/rand/v2"
	"net/netip"
	"strconv"
	"time"

	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

// A State is what a tracker knows and how it decides, without its server, its database
// and its clock: the same code, for simulations. It is not safe for concurrent use.
// Errors are those that a client gets.
type State struct {
	ledger *ledger
	random *rand.Rand
	seq    uint64
}

// NewState returns the state of a tracker that knows nobody. Of cfg it uses times and
// limits. All that is random comes from the seed.
func NewState(cfg Config, seed uint64) (*State, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(seed, 0))
	secret := func() string { return strconv.FormatUint(random.Uint64(), 16) }
	return &State{
		ledger: &ledger{swarm: newSwarm(cfg.HalfLife), leases: newLeases(cfg.TrackerInterval), cfg: &cfg, secret: secret},
		random: random,
	}, nil
}

// Register joins a node, or renews its lease.
func (s *State) Register(m api.RegisterRequest, ip netip.Addr, now time.Time) (api.RegisterAnswer, error) {
	answer, events, err := s.ledger.register(&m, ip, now)
	return answer, s.apply(events, err)
}

// Own makes a node an owner of a torrent, or a partial owner a complete one.
func (s *State) Own(c api.Credentials, t *torrent.Torrent, complete bool, now time.Time) error {
	return s.apply(s.ledger.own(c, metainfoOf(t), complete, now))
}

// Owners answers who owns a torrent, as the tracker does: at most want owners. Addresses
// are those of REGISTER.
func (s *State) Owners(c api.Credentials, infoHash torrent.Hash, want int, now time.Time) ([]api.Owner, error) {
	return s.need(c, infoHash, now, func(p *published, asker *node) choice { return p.choice(asker, want) })
}

// Need answers who owns a torrent by another rule than the tracker's, which is there
// to be compared with: the best ranked of all owners, and others that are drawn.
func (s *State) Need(c api.Credentials, infoHash torrent.Hash, ranked, drawn int, now time.Time) ([]api.Owner, error) {
	return s.need(c, infoHash, now, func(p *published, _ *node) choice {
		return choice{rankable: len(p.owners), ranked: ranked, drawn: drawn}
	})
}

func (s *State) need(c api.Credentials, infoHash torrent.Hash, now time.Time, rule func(p *published, asker *node) choice) ([]api.Owner, error) {
	asker, err := s.ledger.authorize(c, now)
	if err != nil {
		return nil, err
	}
	p, err := s.ledger.swarm.find(infoHash, "")
	if err != nil {
		return nil, err
	}
	var owners []api.Owner
	for _, o := range s.ledger.swarm.choose(p, asker, rule(p, asker), now, s.random) {
		owners = append(owners, api.Owner{NodeID: o.id, Addr: o.addr.String(), Complete: o.complete, Frequency: o.frequency})
	}
	return owners, nil
}

// Update counts a delivery.
func (s *State) Update(c api.Credentials, r api.Receipt, now time.Time) error {
	return s.apply(s.ledger.update(c, r, now))
}

// Exit ends the lease of a node.
func (s *State) Exit(c api.Credentials, now time.Time) error {
	return s.apply(s.ledger.exit(c, now))
}

// Sweep ends all leases that have lapsed.
func (s *State) Sweep(now time.Time) { _ = s.apply(s.ledger.sweep(now), nil) }

func (s *State) apply(events []event, err error) error {
	for _, e := range events {
		s.seq++
		s.ledger.swarm.apply(s.seq, e)
	}
	return err
}
