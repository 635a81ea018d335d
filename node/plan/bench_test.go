package plan

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

type order struct {
	off int64
	n   int
}

// BenchmarkNextGot is the cost of asking for one block and of its coming, over a 1 GiB
// file from three owners with 64 requests ahead each.
func BenchmarkNextGot(b *testing.B) {
	for _, block := range []int{1180, 64 << 10} {
		for _, piece := range []int64{256 << 10, 4 << 20} {
			b.Run(fmt.Sprintf("block=%d/piece=%dK", block, piece>>10), func(b *testing.B) {
				b.ReportAllocs()
				benchmark(b, block, piece)
			})
		}
	}
}

func benchmark(b *testing.B, block int, piece int64) {
	const ahead = 64
	now := time.Unix(0, 0)
	var p *Plan
	var asked [3][ahead]order
	restart := func() {
		p = New(Config{Length: 1 << 30, PieceLength: piece, MaxActive: 256}, nil)
		p.Assign([]int{0, 1, 2})
		for o := range asked {
			p.Join(o, now)
			asked[o] = [ahead]order{}
		}
	}
	restart()
	for i := 0; b.Loop(); i++ {
		o, slot := i%3, i/3%ahead
		r := asked[o][slot]
		for _, f := range p.Got(o, r.off, r.n, now) {
			if f.Full {
				p.Done(f.Piece)
			}
		}
		off, n := p.Next(o, block, now)
		asked[o][slot] = order{off, n}
		now = now.Add(time.Duration(block) * time.Nanosecond)
		if p.Whole() {
			b.StopTimer()
			restart()
			b.StartTimer()
		}
	}
}

// BenchmarkScatteredResume fetches a file of 100,000 pieces that is resumed with every other
// piece there, so that its chunks have as many runs as they can.
func BenchmarkScatteredResume(b *testing.B) {
	for b.Loop() {
		now := time.Unix(0, 0)
		p := New(Config{Length: 100_000 << 10, PieceLength: 1 << 10, MaxActive: 64}, func(i int) bool { return i%2 == 0 })
		p.Assign([]int{0, 1, 2})
		for o := range 3 {
			p.Join(o, now)
		}
		for o := 0; !p.Whole(); o = (o + 1) % 3 {
			now = now.Add(time.Microsecond)
			off, n := p.Next(o, 16<<10, now)
			for _, f := range p.Got(o, off, n, now) {
				p.Done(f.Piece)
			}
		}
	}
}

// BenchmarkSwarm fetches a file of 100,000 pieces from 50 owners that begin with nothing
// and gain the pieces in an order of their own, beside one that is whole. It reports the
// time for each piece, in which it was gained 50 times and fetched once.
func BenchmarkSwarm(b *testing.B) {
	const pieces, owners = 100_000, 50
	for b.Loop() {
		now := time.Unix(0, 0)
		p := New(Config{Length: pieces << 10, PieceLength: 1 << 10, MaxActive: 64}, nil)
		p.Join(0, now)
		orders := make([][]int, owners+1)
		for o := 1; o <= owners; o++ {
			p.Has(o, func(int) bool { return false }, now)
			p.Join(o, now)
			orders[o] = rand.Perm(pieces)
		}
		for i := 0; !p.Whole(); i++ {
			now = now.Add(time.Millisecond)
			for o := 1; o <= owners && i < pieces; o++ {
				p.Gained(o, orders[o][i])
			}
			for o := i % owners; o <= owners; o += owners {
				off, n := p.Next(o, 1<<10, now)
				for _, f := range p.Got(o, off, n, now) {
					p.Done(f.Piece)
				}
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/pieces, "ns/piece")
}
