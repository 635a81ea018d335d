package plan

import (
	"fmt"
	"testing"
	"time"
)

func TestAssignSplitsWhatIsMissingIntoEqualShares(t *testing.T) {
	for _, test := range []struct {
		pieces, owners int
		done           []int
		want           string
	}{
		{9, 3, nil, "[{0 3}] [{3 6}] [{6 9}]"},
		{10, 3, nil, "[{0 3}] [{3 6}] [{6 10}]"},
		{2, 3, nil, "[] [{0 1}] [{1 2}]"},
		{1, 1, nil, "[{0 1}]"},
		{10, 2, []int{0, 1, 2, 3}, "[{4 7}] [{7 10}]"},
		{12, 3, []int{1, 4, 5, 6, 7, 10}, "[{0 1} {2 3}] [{3 4} {8 9}] [{9 10} {11 12}]"},
		{3, 2, []int{0, 1, 2}, "[] []"},
	} {
		newDesk(t, test.pieces, test.owners, 9, test.done...).wantChunks(test.want)
	}
}

func TestOwnChunkIsAskedFrontFirst(t *testing.T) {
	d := newDesk(t, 8, 2, 9)
	d.asks(0, 4, 0, 4)
	d.asks(0, 4, 4, 4)
	d.asks(0, 4, 8, 4)     // the rest of piece 0 and on into 1
	d.asks(1, 100, 40, 40) // its whole chunk at once
	d.asks(0, 100, 12, 28)
}

func TestARangeEndsWhereItsOwnersPiecesDo(t *testing.T) {
	d := newDesk(t, 8, 2, 9, 1)
	d.asks(0, 100, 0, 10)  // piece 1 is there
	d.asks(0, 100, 20, 20) // 2 and 3; 4 is the other's
	d.asks(1, 1000, 40, 40)
}

func TestARangeGoesOnIntoStartedPiecesOfItsOwnerOnly(t *testing.T) {
	d := newDesk(t, 4, 2, 9)
	d.asks(0, 20, 0, 20)
	d.asks(1, 20, 20, 20)
	d.plan.Join(5, d.now)
	d.got(5, 8, 4, "0:8+2 1:10+2")
	d.got(5, 18, 4, "1:18+2 2:20+2")
	d.plan.Ban(5, d.now)
	d.asks(0, 100, 8, 4)
	d.asks(0, 100, 18, 2)
	d.asks(1, 100, 20, 2)
}

func TestMemoryBoundsWhatIsStarted(t *testing.T) {
	d := newDesk(t, 8, 1, 2)
	d.asks(0, 100, 0, 20)
	d.asksNothing(0)
	d.got(0, 0, 20, "0:0+10! 1:10+10!")
	d.asksNothing(0) // full pieces are in memory still
	d.plan.Done(1)
	d.asks(0, 100, 20, 10)
}

func TestAnOwnerWithoutAChunkTakesWhatIsNobodys(t *testing.T) {
	d := newDesk(t, 9, 3, 9)
	d.plan.Leave(1, d.now)
	d.wantChunks("[{0 3}] [] [{6 9}]")
	d.asks(0, 30, 0, 30)
	d.asks(0, 5, 30, 5)
	d.wantChunks("[{4 6}] [] [{6 9}]")
}

func TestABackHalfIsStolenFromWhomWouldBeLast(t *testing.T) {
	d := newDesk(t, 30, 3, 30)
	// Owner 0 delivers 40 bytes in 0.1 s, owner 1 delivers 50 in a second: it has less
	// left and would still be later.
	d.asks(0, 40, 0, 40)
	d.asks(1, 50, 100, 50)
	d.asks(2, 100, 200, 100)
	d.wait(100 * time.Millisecond)
	d.got(0, 0, 40, "0:0+10! 1:10+10! 2:20+10! 3:30+10!")
	d.wait(900 * time.Millisecond)
	d.got(1, 100, 50, "10:100+10! 11:110+10! 12:120+10! 13:130+10! 14:140+10!")
	d.wantChunks("[{4 10}] [{15 20}] []")
	d.asks(2, 10, 170, 10)
	d.wantChunks("[{4 10}] [{15 17}] [{18 20}]")
	d.asks(2, 20, 180, 20)
	d.asks(2, 10, 160, 10)
}

func TestAnOwnerThatShowedNoRateIsStolenFromFirst(t *testing.T) {
	d := newDesk(t, 12, 3, 30)
	d.asks(0, 40, 0, 40)
	d.asks(1, 10, 40, 10)
	d.wait(time.Second)
	d.got(1, 40, 10, "4:40+10!")
	d.asks(0, 10, 100, 10) // of owner 2, which owes nothing, but may never join
}

func TestALateOwnerTakesABackHalf(t *testing.T) {
	d := newDesk(t, 8, 1, 9)
	d.asks(0, 10, 0, 10)
	d.plan.Join(7, d.now)
	d.asks(7, 10, 40, 10) // the larger half of 1 to 7
	d.wantChunks("[{1 4}] [{5 8}]")
}

func TestAStartedPieceWithoutAnOwnerGoesOn(t *testing.T) {
	d := newDesk(t, 4, 2, 9)
	d.asks(0, 5, 0, 5)
	d.got(0, 0, 2, "0:0+2")
	d.plan.Leave(0, d.now)
	d.asks(1, 20, 20, 20)
	d.asks(1, 5, 2, 5) // what was asked of 0 and did not come, first
	d.asks(1, 50, 7, 3)
	d.asks(1, 50, 10, 10)
	d.got(0, 2, 3, "") // it left
}

func TestHelpComesFromTheBack(t *testing.T) {
	d := newDesk(t, 4, 1, 1)
	d.asks(0, 2, 0, 2)
	d.plan.Join(1, d.now)
	d.asks(1, 3, 7, 3)
	d.asks(0, 100, 2, 5) // they meet
	d.asksNothing(0)
	d.got(1, 7, 3, "0:7+3")
	d.got(0, 0, 7, "0:0+7!")
}

func TestBytesAreAskedTwiceOnlyIfItShouldHelp(t *testing.T) {
	d := newDesk(t, 2, 2, 9)
	// Owner 0 usually needs 10 ms, owner 1 needs 100 ms.
	d.asks(0, 5, 0, 5)
	d.asks(1, 5, 10, 5)
	d.wait(10 * time.Millisecond)
	d.got(0, 0, 5, "0:0+5")
	d.wait(90 * time.Millisecond)
	d.got(1, 10, 5, "1:10+5")
	d.asks(1, 5, 15, 5)
	d.asks(0, 5, 5, 5)
	d.asks(0, 2, 18, 2)            // 0 is clearly sooner than 1, from the back
	d.asksNothing(1)               // 1 is not sooner than 0
	d.wait(40 * time.Millisecond)  // by now 0 is late,
	d.asksNothing(1)               // but not as late as 1 would be
	d.asks(0, 9, 15, 3)            // 1 still needs longer than 0
	d.wait(500 * time.Millisecond) // now 0 is late
	d.asks(1, 9, 5, 5)             // at last
	d.asksNothing(0)               // everything is asked of two
	d.got(1, 5, 5, "0:5+5!")       // 0 had been slower
	d.got(0, 15, 5, "1:15+5!")     // and here 1
	d.got(1, 15, 5, "")            // late
	if s := d.plan.Snapshot(d.now); s.Repeated != 5 {
		t.Errorf("repeated %d", s.Repeated)
	}
}

func TestAByteHasTwoAskersUntilPatienceEnds(t *testing.T) {
	d := newDesk(t, 1, 3, 9)
	d.asks(2, 10, 0, 10)
	d.wait(time.Second)
	d.asks(1, 10, 0, 10)
	d.wait(time.Second)
	d.asksNothing(0)
	d.wait(patience)
	d.asks(0, 10, 0, 10)
	for o, want := range []bool{true, true, false} {
		if d.plan.Wanted(o, 3, 2) != want {
			t.Errorf("wanted of %d: %v", o, !want)
		}
	}
	d.got(2, 0, 10, "0:0+10!") // it is welcome all the same
}

func TestWantedEndsWhenTheBytesAreThere(t *testing.T) {
	d := newDesk(t, 4, 1, 9)
	d.asks(0, 25, 0, 25)
	d.got(0, 3, 9, "0:3+7 1:10+2")
	for _, test := range []struct {
		off  int64
		n    int
		want bool
	}{
		{0, 3, true}, {3, 7, false}, {3, 9, false}, {3, 10, true}, {25, 5, false}, {24, 5, true},
		{30, 10, false}, {-5, 10, false}, {35, 1000, false}, {0, 0, false}, {1000, 10, false},
	} {
		if got := d.plan.Wanted(0, test.off, test.n); got != test.want {
			t.Errorf("Wanted(%d, %d) = %v", test.off, test.n, got)
		}
	}
	if d.plan.Wanted(5, 0, 3) {
		t.Error("wanted of an owner that nobody knows")
	}
}

func TestOnlyWhatIsNewIsKept(t *testing.T) {
	d := newDesk(t, 4, 1, 9)
	d.asks(0, 20, 0, 20)
	d.got(0, 2, 3, "0:2+3")
	d.got(0, 2, 3, "")
	d.got(0, 0, 8, "0:0+2 0:5+3")
	d.got(0, 0, 100, "0:8+2! 1:10+10!") // 2 and 3 are not started
	d.got(0, 0, 100, "")
	d.plan.Done(0)
	d.got(0, 0, 10, "")
	d.got(0, -3, 10, "")
	d.got(0, 1000, 10, "")
	d.got(9, 20, 10, "")
}

func TestLeaveAndJoinBeginAnew(t *testing.T) {
	d := newDesk(t, 4, 2, 9)
	d.asks(0, 5, 0, 5)
	d.plan.Leave(0, d.now)
	d.asksNothing(0)
	d.plan.Leave(0, d.now)
	d.plan.Leave(33, d.now)
	d.plan.Join(0, d.now)
	d.plan.Join(0, d.now)
	d.asks(0, 100, 0, 10)
	d.asks(0, 100, 10, 10)
}

func TestSmallFiles(t *testing.T) {
	for _, test := range []struct {
		length, pieceLength int64
		pieces              int
	}{{0, 10, 0}, {1, 10, 1}, {1, 1, 1}, {10, 10, 1}, {11, 10, 2}, {5, 1 << 62, 1}, {3, 1, 3}} {
		p := New(Config{Length: test.length, PieceLength: test.pieceLength}, nil)
		p.Assign([]int{1, 2})
		p.Join(2, time.Time{})
		if p.NumPieces() != test.pieces {
			t.Errorf("%v: %d pieces", test, p.NumPieces())
		}
		var came int64
		for !p.Whole() {
			off, n := p.Next(2, 4, time.Time{})
			if n == 0 {
				t.Fatalf("%v: nothing to ask", test)
			}
			for _, f := range p.Got(2, off, n, time.Time{}) {
				if came += int64(f.N); f.Full {
					p.Done(f.Piece)
				}
			}
		}
		if came != test.length {
			t.Errorf("%v: %d bytes", test, came)
		}
		if s := p.Snapshot(time.Time{}); s.Left != 0 || s.Undone != 0 || s.Pieces != test.pieces {
			t.Errorf("%v: %+v", test, s)
		}
	}
}

func TestSnapshotTellsHowFarItIs(t *testing.T) {
	d := newDesk(t, 6, 2, 9)
	d.asks(0, 20, 0, 20)
	d.asks(1, 15, 30, 15)
	d.wait(time.Second)
	d.got(0, 0, 12, "0:0+10! 1:10+2")
	d.plan.Done(0)
	d.plan.Leave(1, d.now)
	want := Snapshot{
		Pieces: 6, Undone: 5, Left: 50, Held: 2, Active: 3,
		Owners: []OwnerSnapshot{
			{Owner: 0, Live: true, Has: 6, From: 10, To: 30, Left: 10, Owed: 8, Got: 12, Rate: 12, Turnaround: time.Second},
			{Owner: 1},
		},
	}
	if got := d.plan.Snapshot(d.now); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%+v\nwant\n%+v", got, want)
	}
}

func TestDoneAndFailedAreForFullPieces(t *testing.T) {
	d := newDesk(t, 2, 1, 9)
	d.asks(0, 5, 0, 5)
	for _, i := range []int{-1, 0, 1, 2} {
		d.plan.Done(i)
		if parts := d.plan.Failed(i, d.now); parts != nil {
			t.Errorf("parts of %d: %v", i, parts)
		}
	}
	if s := d.plan.Snapshot(d.now); s.Undone != 2 || s.Active != 1 {
		t.Errorf("%+v", s)
	}
}

// A block lost at the end would cost a round trip in which the line stands idle.
func TestTheLastBytesOfALongTripAreAskedForTwice(t *testing.T) {
	for _, test := range []struct {
		trip   time.Duration
		pieces int
		want   bool
	}{
		{100 * time.Millisecond, 64, true},
		{5 * time.Millisecond, 64, false},  // a loss there costs next to nothing
		{100 * time.Millisecond, 6, false}, // a sixty-fourth of it is not a byte
	} {
		d := newDesk(t, test.pieces, 2, 99)
		half, tail := test.pieces*5, int64(10)
		for o := range 2 {
			d.plan.Next(o, half-int(tail), d.now)
		}
		d.wait(test.trip)
		for o := range 2 {
			d.plan.Got(o, int64(o*half), half-int(tail), d.now)
			d.asks(o, 100, int64((o+1)*half)-tail, int(tail))
		}
		d.wait(test.trip / 4)
		if !test.want {
			d.asksNothing(0)
			continue
		}
		d.asks(0, 100, int64(2*half)-tail, int(tail))
		d.asksNothing(1) // as much as may be was asked for twice
		d.wait(2 * test.trip)
		d.asks(1, 100, int64(half)-tail, int(tail)) // it is late
	}
}
