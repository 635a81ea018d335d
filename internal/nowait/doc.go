// Package nowait writes and sends files, and where that need not wait for a disk, Go's scheduler
// is not told of it (syscall.RawSyscall).
//
// To tell it is dear for who moves a gigabyte a second: it wakes a thread to watch how long the
// system call takes, and that one then wakes every 20 µs or more, and interrupts those that work.
// But it must be told of a call that does wait, which would hold up others.
package nowait
