package node

import (
	"encoding/binary"
	"testing"

	"go.uber.org/zap"
)

func TestReceiptThatComesTwiceIsPassedOnOnce(t *testing.T) {
	q := newReceiptQueue(zap.NewNop())
	receipt := func(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }
	const some = 3 * latestReceipts
	for n := range some {
		if !q.put(receipt(n)) {
			t.Fatalf("receipt %d is taken for a repeat", n)
		}
		if q.put(receipt(n)) || q.put(receipt(max(0, n-latestReceipts+1))) {
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
