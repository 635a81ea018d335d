package atomicfile

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// only fails the test if folder holds anything but the named entries.
func only(t *testing.T, folder string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, entry := range entries {
		have = append(have, entry.Name())
	}
	if got, want := strings.Join(have, "|"), strings.Join(names, "|"); got != want {
		t.Errorf("folder holds %q, want %q", got, want)
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestWriteFileMakesAndReplaces(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "state.json")
	for _, data := range []string{"first, and longer", "second", ""} {
		if err := WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := content(t, path); got != data {
			t.Errorf("content is %q, want %q", got, data)
		}
		only(t, folder, "state.json")
	}
}

func TestWriteFileTakesThePermissionsItIsGiven(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has none of these")
	}
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, []byte("s"), 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode is %v, %v", info.Mode(), err)
	}
}

func TestWriteFileTakesTheLongestName(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("n", 255))
	if err := WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Error(err)
	}
}

func TestWriteFileTakesARelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := WriteFile("name", []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	only(t, ".", "name")
}

func TestAnErrorLeavesTheFolderAsItWas(t *testing.T) {
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "taken", "inside"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"taken", filepath.Join("missing", "file")} {
		path := filepath.Join(folder, name)
		err := WriteFile(path, []byte("x"), 0o600)
		if err == nil || !strings.HasPrefix(err.Error(), "write "+path+": ") || strings.Contains(err.Error(), ".tmp-") {
			t.Errorf("write %s: %v", name, err)
		}
	}
	only(t, folder, "taken")
	only(t, filepath.Join(folder, "taken"), "inside")
}

func TestWriteFileInStaysInsideItsRoot(t *testing.T) {
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "root", "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(filepath.Join(folder, "root"))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := WriteFileIn(root, "sub/file", []byte("x"), 0o600); err != nil {
		t.Error(err)
	}
	only(t, filepath.Join(folder, "root", "sub"), "file")
	for _, name := range []string{"../out", "..", ".", "sub/../../out", filepath.Join(folder, "out")} {
		if err := WriteFileIn(root, name, []byte("x"), 0o600); err == nil {
			t.Errorf("%q was written", name)
		}
	}
	only(t, folder, "root")
	only(t, filepath.Join(folder, "root"), "sub")
}

func TestReadersFindOneContentOrTheOther(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("on Windows a file that is being read cannot always be replaced")
	}
	path := filepath.Join(t.TempDir(), "file")
	contents := [][]byte{bytes.Repeat([]byte("a"), 100_000), bytes.Repeat([]byte("b"), 50_000)}
	if err := WriteFile(path, contents[0], 0o600); err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	for _, data := range contents {
		writers.Go(func() {
			for range 20 {
				if err := WriteFile(path, data, 0o600); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		writers.Wait()
		close(done)
	}()
	for {
		select {
		case <-done:
			return
		default:
		}
		if got := content(t, path); got != string(contents[0]) && got != string(contents[1]) {
			t.Errorf("found %d bytes of a mixture", len(got))
		}
	}
}

func TestRemoveTempsLeavesAllButWhatWasBeingWritten(t *testing.T) {
	folder := t.TempDir()
	sub := filepath.Join(folder, "sub")
	if err := os.Mkdir(sub, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, in := range []string{folder, sub} {
		for _, name := range []string{tempPrefix + "A", tempPrefix + "B", "a" + tempPrefix, "state"} {
			if err := os.WriteFile(filepath.Join(in, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := RemoveTemps(folder); err != nil {
		t.Error(err)
	}
	only(t, folder, "a"+tempPrefix, "state", "sub")
	only(t, sub, tempPrefix+"A", tempPrefix+"B", "a"+tempPrefix, "state")
	root, err := os.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := RemoveTempsIn(root, "sub"); err != nil {
		t.Error(err)
	}
	only(t, sub, "a"+tempPrefix, "state")
}

func TestRemoveTempsTellsOfWhatItCannotRemove(t *testing.T) {
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, tempPrefix+"1", "inside"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, tempPrefix+"2"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := RemoveTemps(folder); err == nil {
		t.Error("a folder with a file in it was removed")
	}
	only(t, folder, tempPrefix+"1") // and the rest is gone
	if err := RemoveTemps(filepath.Join(folder, "missing")); err == nil {
		t.Error("a missing folder was swept")
	}
}

func TestSyncFolderTellsOfAFolderThatIsNone(t *testing.T) {
	folder := t.TempDir()
	if err := SyncFolder(folder); err != nil {
		t.Error(err)
	}
	if err := SyncFolder(filepath.Join(folder, "missing")); err == nil {
		t.Error("a missing folder was synced")
	}
}
