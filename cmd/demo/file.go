package main

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// makeFile writes size random bytes, the same for the same seed, and returns their
// SHA-1.
func makeFile(path string, size int64, seed byte) (sum string, err error) {
	file, err := os.Create(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha1.New()
	random := rand.NewChaCha8([32]byte{seed})
	if _, err := io.CopyBuffer(io.MultiWriter(file, hash), io.LimitReader(random, size), make([]byte, 1<<20)); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), file.Close()
}

// giveFile puts the file at path into a folder, as a hard link where that is possible.
func giveFile(path, folder string) (string, error) {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return "", err
	}
	to := filepath.Join(folder, filepath.Base(path))
	if os.Link(path, to) == nil {
		return to, nil
	}
	from, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer from.Close()
	file, err := os.Create(to)
	if err != nil {
		return "", err
	}
	defer file.Close()
	if _, err := io.Copy(file, from); err != nil {
		return "", err
	}
	return to, file.Close()
}

// compareFiles reads two files side by side. It returns the SHA-1 of the second, and an
// error unless both have the same bytes.
func compareFiles(original, other string) (sum string, err error) {
	a, err := os.Open(original)
	if err != nil {
		return "", err
	}
	defer a.Close()
	b, err := os.Open(other)
	if err != nil {
		return "", err
	}
	defer b.Close()
	hash := sha1.New()
	bufA, bufB := make([]byte, 1<<20), make([]byte, 1<<20)
	for at := int64(0); ; at += int64(len(bufA)) {
		n, errA := io.ReadFull(a, bufA)
		m, errB := io.ReadFull(b, bufB)
		if !bytes.Equal(bufA[:n], bufB[:m]) {
			return "", fmt.Errorf("%s differs from the original between bytes %d and %d", other, at, at+int64(max(n, m)))
		}
		hash.Write(bufB[:m])
		if errA != nil || errB != nil {
			return hex.EncodeToString(hash.Sum(nil)), readError(errA, errB)
		}
	}
}

// readError returns the error that is more than the end of a file.
func readError(errs ...error) error {
	for _, err := range errs {
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return err
		}
	}
	return nil
}
