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
	random *rand.PCG
	seq    uint64
}

// NewState returns the state of a tracker that knows nobody. Of cfg it uses times and
// limits. All that is random comes from the seed.
func NewState(cfg Config, seed uint64) (*State, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	random := rand.NewPCG(seed, 0)
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

// Need answers who owns a torrent: the best ranked ones, and others that are drawn.
// Addresses are those of REGISTER.
func (s *State) Need(c api.Credentials, infoHash torrent.Hash, ranked, drawn int, now time.Time) ([]api.Owner, error) {
	asker, err := s.ledger.authorize(c, now)
	if err != nil {
		return nil, err
	}
	p, err := s.ledger.swarm.find(infoHash, "")
	if err != nil {
		return nil, err
	}
	var owners []api.Owner
	for _, o := range s.ledger.swarm.choose(p, asker, choice{ranked, drawn}, now, s.random) {
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
