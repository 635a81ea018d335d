package simulate

import (
	"math"
	"math/rand/v2"
	"time"

	"udptorrent/node/seeding"
	"udptorrent/node/serving"
	"udptorrent/torrent"
	"udptorrent/tracker"
	"udptorrent/tracker/api"
)

// pieceLength is what plans are told; nothing here depends on it.
const pieceLength = 256 << 10

// patience is how many rounds without an upload are the end. A lease is shorter.
const patience = 250

// A world is a swarm at one tick. One goroutine owns it.
type world struct {
	cfg     Config
	random  *rand.Rand
	tracker *tracker.State
	file    *torrent.Torrent
	serials *api.Serials

	tick     int
	moved    int // tick of the last arrival or upload
	takes    int // ticks of the longest upload
	nodes    []node
	arrivals []int         // node ids by time, those that have not arrived
	order    []int         // of serving, shuffled anew each tick
	waiting  []asker       // neighbours of who is serving
	uploads  [][]upload    // by the tick of their end, modulo
	came     [][]upload    // by receiver: uploads that ended at this tick
	news     [][][]int     // by tick, modulo, and node: pieces that it got then
	crashes  map[int][]int // by tick: nodes that vanish

	seeding *seeding.Seeding // nil if the seed tells everybody everything
	sown    pieces           // those that have left the seed
	unsown  int              // the others
	left    int              // nodes that will still finish
	result  Result
}

// Run plays a swarm to its end: until every node has the file or has left, or
// nothing can happen any more. The same config gives the same result.
func Run(cfg Config) (*Result, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	w, err := newWorld(cfg)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	for ; w.left > 0 && w.tick-w.moved < patience*cfg.Ticks+w.takes; w.tick++ {
		if err := w.step(); err != nil {
			return nil, err
		}
	}
	w.result.Took = time.Since(start)
	return w.conclude(), nil
}

func newWorld(cfg Config) (*world, error) {
	state, err := tracker.NewState(tracker.Config{}, cfg.Seed)
	if err != nil {
		return nil, err
	}
	w := &world{
		cfg:     cfg,
		random:  rand.New(rand.NewPCG(cfg.Seed, 1)),
		tracker: state,
		file: &torrent.Torrent{
			Name: "file", Length: int64(cfg.Pieces) * pieceLength, PieceLength: pieceLength,
			Pieces: make([]torrent.Hash, cfg.Pieces), InfoHash: torrent.Hash{1},
		},
		serials: api.NewSerials(time.Unix(0, 0)),
		nodes:   make([]node, cfg.Nodes+1),
		came:    make([][]upload, cfg.Nodes+1),
		news:    make([][][]int, 1+int(math.Round(cfg.Delay*float64(cfg.Ticks)))),
		crashes: make(map[int][]int),
		left:    cfg.Nodes,
		sown:    newPieces(cfg.Pieces),
		unsown:  cfg.Pieces,
		result:  Result{Config: cfg, FirstCopy: math.NaN()},
	}
	for i := range w.news {
		w.news[i] = make([][]int, cfg.Nodes+1)
	}
	longest := 0
	for id := range w.nodes {
		w.nodes[id] = w.newNode(id)
		longest = max(longest, w.nodes[id].takes)
	}
	w.takes = longest
	w.uploads = make([][]upload, longest+1)
	w.schedule()
	w.nodes[0].ledger.Scarce(!cfg.Whole)
	if !cfg.Whole {
		w.seeding = seeding.New(seeding.Config{Pieces: cfg.Pieces, Random: w.random})
	}
	return w, nil
}

func (w *world) newNode(id int) node {
	// No upload is faster than 1: a downlink of 1 can take it.
	slots := max(w.cfg.Slots, int(math.Ceil(w.cfg.up(id))))
	rate := w.cfg.up(id) / float64(slots)
	n := node{
		ledger: serving.NewLedger[int](w.cfg.Pieces), id: id, slots: slots, toldAt: -1, finished: -1, have: newPieces(w.cfg.Pieces),
		rate: rate, takes: max(1, int(math.Round(float64(w.cfg.Ticks)/rate))), free: w.cfg.down(id),
	}
	if id > 0 && float64(id) <= w.cfg.FreeRiders*float64(w.cfg.Nodes) {
		n.slots = 0
	}
	if id == 0 {
		n.finished = 0
		for i := range w.cfg.Pieces {
			n.have.add(i)
		}
	}
	return n
}

// schedule draws who arrives and who vanishes when. The seed is the first.
func (w *world) schedule() {
	w.arrivals = append(w.arrivals, 0)
	for _, i := range w.random.Perm(w.cfg.Nodes) {
		w.arrivals = append(w.arrivals, i+1)
	}
	for _, i := range w.random.Perm(w.cfg.Nodes)[:int(w.cfg.Crash*float64(w.cfg.Nodes))] {
		at := 1 + w.random.IntN(w.cfg.Ticks*w.cfg.Pieces)
		w.crashes[at] = append(w.crashes[at], i+1)
	}
}

// now is the time of the tick, for code that looks at clocks.
func (w *world) now() time.Time {
	return time.Unix(1000, 0).Add(time.Duration(w.tick) * Round / time.Duration(w.cfg.Ticks))
}

// rounds converts ticks.
func (w *world) rounds(ticks int) float64 { return float64(ticks) / float64(w.cfg.Ticks) }

// step plays one tick.
func (w *world) step() error {
	if err := w.meet(); err != nil {
		return err
	}
	w.deliver()
	for _, id := range w.crashes[w.tick] {
		w.leave(&w.nodes[id])
	}
	if err := w.conclusions(); err != nil {
		return err
	}
	w.discloseMore()
	w.serve()
	w.tell()
	return nil
}
