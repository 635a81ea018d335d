package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFilesAreTheSameOnlyIfEveryByteIs(t *testing.T) {
	folder := t.TempDir()
	original, other := filepath.Join(folder, "a"), filepath.Join(folder, "b")
	const size = 1<<20 + 5
	want, err := makeFile(original, size, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := compareFiles(original, original); err != nil || got != want {
		t.Errorf("%s %v, want %s", got, err, want)
	}
	content, err := os.ReadFile(original)
	if err != nil || len(content) != size {
		t.Fatal(len(content), err)
	}
	for name, b := range map[string][]byte{
		"shorter":    content[:size-1],
		"longer":     append(content[:size:size], 0),
		"other byte": append(append([]byte{}, content[:size-1]...), content[size-1]^1),
		"empty":      nil,
	} {
		if err := os.WriteFile(other, b, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := compareFiles(original, other); err == nil {
			t.Errorf("%s: counts as the same", name)
		}
	}
}

func TestAFileCanBeGivenToANode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b")
	if _, err := makeFile(path, 100, 1); err != nil {
		t.Fatal(err)
	}
	given, err := giveFile(path, filepath.Join(t.TempDir(), "node_files", "node1"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := compareFiles(path, given); err != nil || filepath.Base(given) != "a b" {
		t.Error(given, err)
	}
}
