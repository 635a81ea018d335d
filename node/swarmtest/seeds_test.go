package swarmtest

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var (
	from  = flag.Uint64("from", 1, "first seed of TestSeeds")
	seeds = flag.Int("seeds", 0, "how many seeds TestSeeds runs; 0 is as many as fit into make test")
	seed  = flag.Uint64("seed", 0, "the one seed that TestSeeds replays")
	mib   = flag.Int("mib", 8, "size of the file of TestSwarmIsNearItsBound, in MiB")
	wordy = flag.Bool("debug", false, "log at debug level: every request and every loss")
)

// A goroutine that panics says by its label which seed it belongs to.
func TestMain(m *testing.M) {
	os.Setenv("GODEBUG", strings.Trim(os.Getenv("GODEBUG")+",tracebacklabels=1", ","))
	os.Exit(m.Run())
}

// ordinary is how many seeds are run with all other tests; under the race detector fewer.
var ordinary = 2000

// patienceOfATest is how long a seed may take by the clock on the wall.
const patienceOfATest = 3 * time.Minute

// tellEvery is after how many seeds it is said how far a long run has come.
const tellEvery = 5000

// Every download of every swarm is right or fails for a reason. A failure prints the seed;
// with -v there is a tally in the end.
func TestSeeds(t *testing.T) {
	first, n := *from, *seeds
	if n == 0 {
		n = ordinary
	}
	if *seed != 0 {
		first, n = *seed, 1
	}
	began := time.Now()
	var all tally
	var mu sync.Mutex
	next := make(chan uint64)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for seed := range next {
				one := play(t, seed)
				mu.Lock()
				all.add(one)
				if all.seeds%tellEvery == 0 {
					fmt.Printf("%v: %v\n", time.Since(began).Round(time.Second), all)
				}
				mu.Unlock()
			}
		})
	}
	for i := range n {
		next <- first + uint64(i)
	}
	close(next)
	workers.Wait()
	fmt.Printf("seeds %d to %d in %v: %v\n", first, first+uint64(n)-1, time.Since(began).Round(time.Second), all)
}

// Each of these found a fault that is mended: turns given back for ever, a file shorter than a
// piece, files that were not listed again, an owner that served none but sessions given up.
func TestSeedsThatFailedOnce(t *testing.T) {
	const times = 3
	for _, seed := range []uint64{1390, 1233, 1412, 102018} {
		for range times {
			play(t, seed)
		}
	}
}

// play plays one seed, in a bubble of its own.
func play(t *testing.T, seed uint64) (result tally) {
	t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
		watchdog := time.AfterFunc(patienceOfATest, func() {
			debug.SetTraceback("all")
			panic(fmt.Sprintf("seed %d does not end", seed))
		})
		defer watchdog.Stop()
		dir := folder(t, seed)
		pprof.Do(context.Background(), pprof.Labels("seed", strconv.FormatUint(seed, 10)), func(context.Context) {
			synctest.Test(t, func(t *testing.T) { result = live(t, seed, dir) })
		})
	})
	return result
}

// live lives through the world of a seed.
func live(t *testing.T, seed uint64, dir string) tally {
	w := newWorld(t, draw(seed), dir)
	w.run()
	if t.Failed() || *wordy {
		var b strings.Builder
		fmt.Fprintf(&b, "%v", w.s)
		w.journal.write(&b)
		t.Logf("replay: go test ./node/swarmtest -run TestSeeds -seed %d\n%s", seed, b.String())
	}
	w.judge.tally.seeds = 1
	if t.Failed() {
		w.judge.tally.failed = []uint64{seed}
	}
	w.judge.tally.time = w.now()
	return w.judge.tally
}

// folder returns one in memory, if the system has such: a swarm writes much and keeps
// nothing.
func folder(t *testing.T, seed uint64) string {
	const memory = "/dev/shm"
	if _, err := os.Stat(memory); err != nil {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp(memory, fmt.Sprintf("swarmtest-seed%d-", seed))
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// A tally is what happened in one world, or in many.
type tally struct {
	seeds   int
	time    time.Duration // virtual
	files   int           // downloads that succeeded
	bytes   int64         // of them
	errors  int           // attempts that ended with an honest error
	lost    int           // downloads that could not succeed
	crashed int           // downloads whose node did not come back
	bad     int           // pieces of several owners that were bad
	bans    int
	slowest []wait   // the longest first
	failed  []uint64 // seeds
}

// A wait is how long a download took since the weather was fair.
type wait struct {
	seed  uint64
	node  int
	took  time.Duration
	ratio float64 // to what was to be expected
}

func (t *tally) slow(w wait) {
	const most = 5
	t.slowest = append(t.slowest, w)
	slices.SortFunc(t.slowest, func(a, b wait) int { return cmp.Compare(b.ratio, a.ratio) })
	t.slowest = t.slowest[:min(len(t.slowest), most)]
}

func (t *tally) add(o tally) {
	t.seeds += o.seeds
	t.time += o.time
	t.files += o.files
	t.bytes += o.bytes
	t.errors += o.errors
	t.lost += o.lost
	t.crashed += o.crashed
	t.bad += o.bad
	t.bans += o.bans
	t.failed = append(t.failed, o.failed...)
	for _, w := range o.slowest {
		t.slow(w)
	}
}

func (t tally) String() string {
	return fmt.Sprintf("%d swarms, %v of virtual time; %d downloads right (%d MB), %d attempts with an honest error, %d downloads in vain, %d of nodes that ended; %d mixed bad pieces, %d bans; slowest %+v; failed %v",
		t.seeds, t.time.Round(time.Second), t.files, t.bytes/1e6, t.errors, t.lost, t.crashed, t.bad, t.bans, t.slowest, t.failed)
}
