package node

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"go.uber.org/zap"
)

func TestReceiptThatComesTwiceIsPassedOnOnce(t *testing.T) {
	q := newReceiptQueue(zap.NewNop())
	receipt := func(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }
	const some = 3 * latestReceipts
	from := netip.MustParseAddr("10.0.0.1")
	for n := range some {
		if !q.put(from, receipt(n)) {
			t.Fatalf("receipt %d is taken for a repeat", n)
		}
		if q.put(from, receipt(n)) || q.put(from, receipt(max(0, n-latestReceipts+1))) {
			t.Fatalf("a repeat after receipt %d is taken for news", n)
		}
	}
	for n := range some {
		if got := q.next(); string(got) != string(receipt(n)) {
			t.Fatalf("receipt %d: %x", n, got)
		}
	}
	if got := q.next(); got != nil {
		t.Errorf("one too many: %x", got)
	}
}

// Nobody but the tracker can tell a false receipt. Those of one host leave room for others.
func TestReceiptsOfOneHostLeaveThoseOfOthers(t *testing.T) {
	q := newReceiptQueue(zap.NewNop())
	q.put(netip.MustParseAddr("10.0.0.1"), []byte("of another"))
	for n := range 2 * mostReceipts {
		q.put(netip.MustParseAddr("10.0.0.2"), binary.BigEndian.AppendUint32(nil, uint32(n)))
	}
	if got := q.next(); string(got) != "of another" {
		t.Errorf("the first receipt is gone, and %x is next", got)
	}
	if len(q.queue) != mostOfHost {
		t.Errorf("%d of one host wait, want %d", len(q.queue), mostOfHost)
	}
}
