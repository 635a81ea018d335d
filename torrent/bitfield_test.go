package torrent

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestBitfieldHasTheBitOrderOfBEP3(t *testing.T) {
	f := NewBitfield(10)
	f.Set(0)
	f.Set(7)
	f.Set(9)
	if want := []byte{0b1000_0001, 0b0100_0000}; !bytes.Equal(f.Bytes(), want) {
		t.Errorf("bytes are %08b, want %08b", f.Bytes(), want)
	}
}

func TestBitfieldAgreesWithASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 70).Draw(t, "n")
		f, set := NewBitfield(n), map[int]bool{}
		for range rapid.IntRange(0, 100).Draw(t, "steps") {
			i := rapid.IntRange(0, n-1).Draw(t, "i")
			if rapid.Bool().Draw(t, "set") {
				f.Set(i)
				set[i] = true
			} else {
				f.Clear(i)
				delete(set, i)
			}
		}
		read, err := ParseBitfield(f.Bytes(), n)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			if read.Has(i) != set[i] {
				t.Fatalf("piece %d: %v, want %v", i, read.Has(i), set[i])
			}
		}
		if read.Len() != n || read.Count() != len(set) || read.Full() != (len(set) == n) {
			t.Fatalf("%d of %d, full %v; want %d of %d", read.Count(), read.Len(), read.Full(), len(set), n)
		}
		there, missing := slices.Collect(read.All()), slices.Collect(read.Missing())
		if len(there) != len(set) || len(missing) != n-len(set) || !slices.IsSorted(there) || !slices.IsSorted(missing) {
			t.Fatalf("there %v, missing %v of %v", there, missing, set)
		}
		for _, i := range there {
			if !set[i] {
				t.Fatalf("piece %d is said to be there", i)
			}
		}
	})
}

func TestFullBitfieldHasAllPiecesAndNoMore(t *testing.T) {
	for n := range 20 {
		f := FullBitfield(n)
		if _, err := ParseBitfield(f.Bytes(), n); err != nil || !f.Full() || f.Len() != n {
			t.Errorf("%d pieces: %08b, %v", n, f.Bytes(), err)
		}
	}
}

func TestParseBitfieldRefusesTheWrongSizeAndSpareBits(t *testing.T) {
	for _, test := range []struct {
		b []byte
		n int
	}{
		{nil, 1}, {[]byte{0}, 0}, {[]byte{0, 0}, 8}, {[]byte{0}, 9}, {nil, -1},
		{[]byte{0b0000_0001}, 7}, {[]byte{0b0100_0000}, 1},
	} {
		if _, err := ParseBitfield(test.b, test.n); err == nil {
			t.Errorf("%08b was taken for %d pieces", test.b, test.n)
		}
	}
}

func TestBitfieldOfNoPiecesIsFull(t *testing.T) {
	var zero Bitfield
	if !zero.Full() || !NewBitfield(0).Full() || len(zero.Bytes()) != 0 {
		t.Error("it is not")
	}
}

func TestBitfieldSharesBitsOnlyUntilCloned(t *testing.T) {
	f := NewBitfield(8)
	same, own, raw := f, f.Clone(), f.Bytes()
	f.Set(3)
	if !same.Has(3) || own.Has(3) || raw[0] != 0 {
		t.Errorf("copy %v, clone %v, bytes %08b", same.Has(3), own.Has(3), raw)
	}
}

func TestBitfieldPanicsPastItsPieces(t *testing.T) {
	for _, i := range []int{-1, 3, 8} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Has(%d) of 3 pieces did not panic", i)
				}
			}()
			NewBitfield(3).Has(i)
		}()
	}
}
