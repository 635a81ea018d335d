package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"go.uber.org/zap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(dir, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// begin opens a store that knows nothing but its log and readies it to append.
func begin(t testing.TB, dir string) (s *Store, changes []string) {
	t.Helper()
	s = open(t, dir)
	last, changes, err := replay(s, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Begin(last); err != nil {
		t.Fatal(err)
	}
	return s, changes
}

func replay(s *Store, from, through uint64) (last uint64, changes []string, err error) {
	next := from
	last, err = s.Replay(from, through, func(seq uint64, change []byte) error {
		if seq != next {
			return fmt.Errorf("change %d comes where %d belongs", seq, next)
		}
		next++
		changes = append(changes, string(change))
		return nil
	})
	return last, changes, err
}

func add(t testing.TB, s *Store, changes ...string) {
	t.Helper()
	var lines [][]byte
	for _, change := range changes {
		lines = append(lines, []byte(change))
	}
	if _, err := s.Append(lines); err != nil {
		t.Fatal(err)
	}
}

// logs returns the paths of the log files, in order.
func logs(t testing.TB, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "changes-*.log"))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func TestAppendedChangesComeBackInOrder(t *testing.T) {
	dir := t.TempDir()
	want := []string{}
	for run := range 3 {
		s, changes := begin(t, dir)
		if !slices.Equal(changes, want) {
			t.Fatalf("run %d: got %q, want %q", run, changes, want)
		}
		one, two := fmt.Sprintf("first of %d", run), fmt.Sprintf("second of %d", run)
		add(t, s, one, two)
		add(t, s, "")
		want = append(want, one, two, "")
		if s.Last() != uint64(len(want)) {
			t.Errorf("last is %d, want %d", s.Last(), len(want))
		}
		s.Close()
	}
}

func TestATornTailIsCutOffAndKeptBeside(t *testing.T) {
	whole := t.TempDir()
	s, _ := begin(t, whole)
	add(t, s, "one", "two")
	sound := s.Size()
	add(t, s, "three")
	s.Close()
	log, err := os.ReadFile(logs(t, whole)[0])
	if err != nil {
		t.Fatal(err)
	}
	for cut := sound + 1; cut < int64(len(log)); cut++ {
		dir := t.TempDir()
		path := filepath.Join(dir, segmentName(1))
		if err := os.WriteFile(path, log[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		s, changes := begin(t, dir)
		if !slices.Equal(changes, []string{"one", "two"}) {
			t.Fatalf("cut at %d: got %q", cut, changes)
		}
		if torn, err := os.ReadFile(path + ".torn"); err != nil || !bytes.Equal(torn, log[sound:cut]) {
			t.Fatalf("cut at %d: %d torn bytes are kept, %v", cut, len(torn), err)
		}
		add(t, s, "new three")
		s.Close()
		s, changes = begin(t, dir)
		if !slices.Equal(changes, []string{"one", "two", "new three"}) {
			t.Fatalf("cut at %d, later: got %q", cut, changes)
		}
		s.Close()
	}
}

func TestATornTailThatCannotBeKeptIsCutOffAllTheSame(t *testing.T) {
	dir := t.TempDir()
	s, _ := begin(t, dir)
	add(t, s, "one")
	sound := s.Size()
	add(t, s, "two")
	s.Close()
	path := logs(t, dir)[0]
	// There is no room for the file beside.
	if err := errors.Join(os.Truncate(path, sound+5), os.Mkdir(path+".torn", 0o700)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s, changes := begin(t, dir)
		if !slices.Equal(changes, []string{"one"}) {
			t.Errorf("got %q", changes)
		}
		s.Close()
	}
	if log, err := os.ReadFile(path); err != nil || int64(len(log)) != sound {
		t.Errorf("the log has %d bytes, want %d, %v", len(log), sound, err)
	}
}

func TestDamageBeforeSoundChangesIsAnErrorThatTouchesNothing(t *testing.T) {
	dir := t.TempDir()
	s, _ := begin(t, dir)
	add(t, s, "one", "two")
	second := s.Size()
	add(t, s, "three")
	third := s.Size()
	add(t, s, "four")
	s.Close()
	path := logs(t, dir)[0]
	log, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range third {
		damaged := bytes.Clone(log)
		damaged[at] ^= 0x10
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, dir)
		_, _, err := replay(s, 1, 0)
		s.Close()
		offset := int64(0)
		if at >= second {
			offset = second
		}
		where := fmt.Sprintf("%s is damaged at byte %d,", filepath.Base(path), offset)
		if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), where) {
			t.Fatalf("byte %d: got %v, want %q", at, err, where)
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, damaged) {
			t.Fatalf("byte %d: the log was touched, %v", at, err)
		}
	}
}

func TestAMissingLogFileIsNoticed(t *testing.T) {
	dir := t.TempDir()
	for range 3 {
		s, _ := begin(t, dir)
		add(t, s, "change")
		s.Close()
	}
	for i, path := range logs(t, dir) {
		log, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		s := open(t, dir)
		// Only a snapshot can tell that the last file is missing.
		if _, _, err := replay(s, 1, 3); !errors.Is(err, ErrCorrupt) {
			t.Errorf("file %d: got %v", i, err)
		}
		s.Close()
		if err := os.WriteFile(path, log, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestASnapshotReplacesTheLogBeforeIt(t *testing.T) {
	dir := t.TempDir()
	s, _ := begin(t, dir)
	add(t, s, "one", "two")
	if err := s.Rotate(); err != nil {
		t.Fatal(err)
	}
	add(t, s, "three")
	if len(logs(t, dir)) != 2 {
		t.Fatalf("log files: %q", logs(t, dir))
	}
	if err := s.Save(2, File{"a.json", []byte("A")}, File{"b.json", []byte("B")}); err != nil {
		t.Fatal(err)
	}
	if got := logs(t, dir); len(got) != 1 || filepath.Base(got[0]) != segmentName(3) {
		t.Errorf("log files: %q", got)
	}
	s.Close()
	s = open(t, dir)
	if b, err := s.Load("b.json"); err != nil || string(b) != "B" {
		t.Errorf("b.json is %q, %v", b, err)
	}
	last, changes, err := replay(s, 3, 2)
	if err != nil || last != 3 || !slices.Equal(changes, []string{"three"}) {
		t.Errorf("got %d, %q, %v", last, changes, err)
	}
}

func TestReplayBeginsWhereTheOldestSnapshotEnds(t *testing.T) {
	dir := t.TempDir()
	s, _ := begin(t, dir)
	add(t, s, "one", "two", "three")
	s.Close()
	s = open(t, dir)
	if last, changes, err := replay(s, 3, 3); err != nil || last != 3 || !slices.Equal(changes, []string{"three"}) {
		t.Errorf("got %d, %q, %v", last, changes, err)
	}
	if last, changes, err := replay(s, 4, 3); err != nil || last != 3 || len(changes) != 0 {
		t.Errorf("got %d, %q, %v", last, changes, err)
	}
}

func TestAFailedAppendLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	s, _ := begin(t, dir)
	add(t, s, "one")
	file := s.file
	readOnly, err := os.Open(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	s.file = readOnly
	if _, err := s.Append([][]byte{[]byte("lost")}); err == nil {
		t.Fatal("an append to a file that cannot be written succeeds")
	}
	if _, err := s.Append([][]byte{[]byte("lost")}); err == nil {
		t.Fatal("so does the next")
	}
	readOnly.Close()
	// The disk is well again, and holds half a frame.
	s.file = file
	if _, err := file.WriteAt([]byte("utl1 half a frame"), s.size); err != nil {
		t.Fatal(err)
	}
	add(t, s, "two")
	s.Close()
	if _, changes := begin(t, dir); !slices.Equal(changes, []string{"one", "two"}) {
		t.Errorf("got %q", changes)
	}
}

// What cannot be read back must not be acknowledged.
func TestChangesTooLongForAFrameAreRefused(t *testing.T) {
	dir := t.TempDir()
	s, _ := begin(t, dir)
	add(t, s, "one")
	long := bytes.Repeat([]byte("x"), maxFrame/2)
	if _, err := s.Append([][]byte{long, long}); err == nil {
		t.Error("they are taken")
	}
	add(t, s, "two")
	s.Close()
	if _, changes := begin(t, dir); !slices.Equal(changes, []string{"one", "two"}) {
		t.Errorf("got %q", changes)
	}
}

// On a system of 32 bits these lengths are negative.
func TestALengthPastAllFramesIsNoFrame(t *testing.T) {
	for _, length := range []uint32{maxFrame + 1, 1 << 31, 1<<32 - frameHeader, 1<<32 - 1} {
		b := appendFrame(nil, 1, [][]byte{[]byte("one")})
		binary.BigEndian.PutUint32(b[4:], length)
		if _, _, ok := parseFrame(b); ok {
			t.Errorf("%d bytes make a frame", length)
		}
	}
}

func TestOneFolderHasOneStore(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, err := Open(dir, zap.NewNop()); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v", err)
	}
	s.Close()
	open(t, dir)
}

func TestWhatACrashLeftHalfWrittenIsRemovedByTheNext(t *testing.T) {
	dir := t.TempDir()
	held := open(t, dir)
	temps := []string{filepath.Join(dir, ".tmp-A"), filepath.Join(dir, torrentsDir, ".tmp-B")}
	for _, path := range temps {
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// They may be those of a tracker at work.
	if _, err := Open(dir, zap.NewNop()); !errors.Is(err, ErrLocked) {
		t.Fatal(err)
	}
	for _, path := range temps {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("in a locked folder: %v", err)
		}
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	for _, path := range temps {
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is left: %v", path, err)
		}
	}
}

func TestTorrentsAreKeptByName(t *testing.T) {
	s := open(t, t.TempDir())
	if err := s.SaveTorrent("ab", []byte("de")); err != nil {
		t.Fatal(err)
	}
	file, err := s.OpenTorrent("ab")
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(file)
	if err := errors.Join(err, file.Close()); err != nil || string(b) != "de" {
		t.Errorf("got %q, %v", b, err)
	}
	if names, err := s.TorrentNames(); err != nil || !slices.Equal(names, []string{"ab"}) {
		t.Errorf("got %q, %v", names, err)
	}
	if err := errors.Join(s.RemoveTorrent("ab"), s.RemoveTorrent("ab")); err != nil {
		t.Error(err)
	}
	if _, err := s.OpenTorrent("ab"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// FuzzReplay replays any bytes as the last log file. Whatever comes back must be what
// its sound frames at the start say, and no more.
func FuzzReplay(f *testing.F) {
	one := appendFrame(nil, 1, [][]byte{[]byte("one"), []byte("two")})
	both := appendFrame(bytes.Clone(one), 3, [][]byte{[]byte("three")})
	f.Add(one)
	f.Add(both)
	f.Add(both[:len(both)-1])
	f.Add(append(bytes.Clone(both), 0, 0, 0))
	f.Add(both[1:])
	f.Fuzz(func(t *testing.T, log []byte) {
		var got []string
		next := uint64(1)
		r := &reader{next: 1, from: 1, fn: func(seq uint64, change []byte) error {
			if seq != next {
				t.Fatalf("change %d comes where %d belongs", seq, next)
			}
			next++
			got = append(got, string(change))
			return nil
		}}
		sound, err := r.read(segment{"changes.log", 1, log}, true)
		if sound > len(log) {
			t.Fatalf("%d of %d bytes are sound", sound, len(log))
		}
		// What was accepted is exactly what frames of these changes look like.
		var again []byte
		for rest, first := log[:sound], uint64(1); len(rest) > 0; {
			frame, size, ok := parseFrame(rest)
			if !ok || frame.first != first {
				t.Fatalf("change %d was accepted from a bad frame", first)
			}
			again = appendFrame(again, first, frame.changes())
			first += uint64(len(frame.changes()))
			rest = rest[size:]
		}
		if !bytes.Equal(again, log[:sound]) {
			t.Fatal("accepted frames cannot be written so")
		}
		if err == nil && holdsFrame(log[sound:]) {
			t.Fatal("sound changes after a bad frame were dropped")
		}
		if err == nil && next != uint64(len(got))+1 {
			t.Fatalf("%d changes, and %d is next", len(got), next)
		}
	})
}
