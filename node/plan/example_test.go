package plan_test

import (
	"fmt"
	"time"

	"udptorrent/node/plan"
)

// Two owners of a file of eight pieces. The first delivers at once, the second nothing:
// see how the first takes over its chunk.
func Example() {
	p := plan.New(plan.Config{Length: 8 << 18, PieceLength: 1 << 18, MaxActive: 8}, nil)
	p.Assign([]int{1, 2})
	now := time.Unix(0, 0)
	p.Join(1, now)
	p.Join(2, now)

	p.Next(2, 1<<18, now)
	for {
		off, n := p.Next(1, 1<<20, now)
		if n == 0 {
			break
		}
		fmt.Printf("ask 1 for pieces %d to %d\n", off>>18, (off+int64(n)-1)>>18)
		now = now.Add(20 * time.Millisecond)
		for _, fresh := range p.Got(1, off, n, now) {
			if fresh.Full {
				p.Done(fresh.Piece)
			}
		}
	}
	fmt.Println("all there:", p.Whole())

	// Output:
	// ask 1 for pieces 0 to 3
	// ask 1 for pieces 6 to 7
	// ask 1 for pieces 5 to 5
	// ask 1 for pieces 4 to 4
	// all there: true
}
