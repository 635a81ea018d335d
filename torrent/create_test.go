package torrent

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sizes are lengths around the edges of pieces, given with each, and of spans.
var sizes = []struct{ length, pieceLength int }{
	{0, 0}, {1, 0}, {1, 1}, {100, 7}, {16 << 10, 0}, {16<<10 + 1, 0}, {32<<10 - 1, 0},
	{spanSize, 16 << 10}, {spanSize + 1, 16 << 10}, {3*spanSize - 1, 1 << 20}, {3 * spanSize, 100_000},
	{20*spanSize + 5, 2 << 20}, {maxSpans * spanSize, 3 * spanSize}, {1 << 20, 64 << 20},
}

func TestCreateHashesEachPieceAndTheWhole(t *testing.T) {
	for _, size := range sizes {
		data := randomBytes(size.length)
		made := create(t, string(data), int64(size.pieceLength))
		var want []Hash
		for piece := range slices.Chunk(data, int(made.PieceLength)) {
			want = append(want, sha1.Sum(piece))
		}
		if !slices.Equal(made.Pieces, want) {
			t.Errorf("%+v: pieces are wrong", size)
		}
		if made.SHA1 != sha1.Sum(data) {
			t.Errorf("%+v: SHA-1 is %v", size, made.SHA1)
		}
	}
}

func TestWhatCreateMakesIsParsedTheSame(t *testing.T) {
	for _, size := range sizes {
		made := create(t, string(randomBytes(size.length)), int64(size.pieceLength))
		read, err := Parse(made.Bytes())
		if err != nil {
			t.Fatalf("%+v: %v", size, err)
		}
		if len(made.Pieces) == 0 && len(read.Pieces) == 0 {
			read.Pieces = made.Pieces
		}
		if !reflect.DeepEqual(read, made) {
			t.Errorf("%+v: read %+v, made %+v", size, read, made)
		}
	}
}

func TestCreateWritesTheseBytes(t *testing.T) {
	want := "d8:announce22:http://localhost:1234510:created by10:udptorrent" +
		"4:infod6:lengthi5e4:name4:file12:piece lengthi3e6:pieces40:" +
		sum("hel") + sum("lo") + "4:sha120:" + sum("hello") + "ee"
	for range 2 {
		if got := string(create(t, "hello", 3).Bytes()); got != want {
			t.Errorf("wrote %q\nwant  %q", got, want)
		}
	}
}

func sum(s string) string {
	h := sha1.Sum([]byte(s))
	return string(h[:])
}

func TestCreateReportsProgressToTheEnd(t *testing.T) {
	const length = 5*spanSize + 7
	var seen []int64
	_, err := Create(context.Background(), bytes.NewReader(make([]byte, length)), length,
		CreateOptions{Name: "f", Progress: func(done int64) { seen = append(seen, done) }})
	if err != nil {
		t.Fatal(err)
	}
	checkProgress(t, seen, length)
}

// checkProgress fails the test if progress is not more each time, up to length.
func checkProgress(t *testing.T, seen []int64, length int64) {
	t.Helper()
	last := int64(0)
	for _, done := range seen {
		if done <= last {
			t.Errorf("progress went from %d to %d", last, done)
		}
		last = done
	}
	if last != length {
		t.Errorf("progress ended at %d of %d", last, length)
	}
}

func TestCreateRefusesWhatParseWould(t *testing.T) {
	tests := []struct {
		length  int64
		options CreateOptions
		want    string
	}{
		{1, CreateOptions{Name: "a/b"}, "slash"},
		{-1, CreateOptions{Name: "f"}, "length is -1"},
		{1, CreateOptions{Name: "f", PieceLength: -1}, "piece length is -1"},
		{1, CreateOptions{Name: "f", PieceLength: MaxPieceLength + 1}, "piece length is"},
		{MaxPieces + 1, CreateOptions{Name: "f", PieceLength: 1}, "pieces are allowed"},
		{MaxLength, CreateOptions{Name: "f"}, "pieces are allowed"},
		{1, CreateOptions{Name: "f", Announce: "http://a\nb"}, "announce"},
		{1, CreateOptions{Name: "f", Announce: strings.Repeat("a", maxText+1)}, "announce"},
	}
	for _, test := range tests {
		_, err := Create(context.Background(), zeros{}, test.length, test.options)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%d bytes, %+v: %v, want ...%s...", test.length, test.options, err, test.want)
		}
	}
}

func TestCreateOfAFileThatShrank(t *testing.T) {
	for _, have := range []int64{0, 1, spanSize, 30 * spanSize} {
		_, err := Create(context.Background(), io.NewSectionReader(zeros{}, 0, have), have+1, CreateOptions{Name: "f"})
		if !errors.Is(err, ErrShrank) {
			t.Errorf("%d of %d bytes: %v, want ErrShrank", have, have+1, err)
		}
	}
}

func TestCreateReturnsTheErrorOfItsReader(t *testing.T) {
	broken := errors.New("disk on fire")
	for _, good := range []int64{0, 30 * spanSize} {
		_, err := Create(context.Background(), failing{good, broken}, 40*spanSize, CreateOptions{Name: "f"})
		if !errors.Is(err, broken) {
			t.Errorf("after %d bytes: %v", good, err)
		}
	}
}

func TestCreateEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	calls := 0
	_, err := Create(ctx, zeros{}, 50*gib, CreateOptions{Name: "f", Progress: func(int64) {
		calls++
		cancel()
	}})
	if !errors.Is(err, context.Canceled) || calls != 1 {
		t.Errorf("%v after %d calls of Progress", err, calls)
	}
}

func TestCreateTakesTheSameMemoryForAnyLength(t *testing.T) {
	seen := map[*byte]bool{}
	r := readerFunc(func(p []byte, _ int64) (int, error) {
		seen[&p[0]] = true // one goroutine reads
		return len(p), nil
	})
	if _, err := Create(context.Background(), r, 8*maxSpans*spanSize, CreateOptions{Name: "f", PieceLength: MaxPieceLength}); err != nil {
		t.Fatal(err)
	}
	if len(seen) > maxSpans {
		t.Errorf("read into %d spans", len(seen))
	}
}

type readerFunc func(p []byte, off int64) (int, error)

func (f readerFunc) ReadAt(p []byte, off int64) (int, error) { return f(p, off) }

// zeros is an endless file of zeros.
type zeros struct{}

func (zeros) ReadAt(p []byte, _ int64) (int, error) {
	clear(p)
	return len(p), nil
}

// failing is zeros that fail after so many bytes.
type failing struct {
	good int64
	err  error
}

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if n := f.good - off; n < int64(len(p)) {
		return int(max(0, n)), f.err
	}
	return zeros{}.ReadAt(p, off)
}
