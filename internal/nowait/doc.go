// Package nowait writes files, and tells what can be read of them, where that need not wait for a disk.
//
// Such a system call is over soon, so Go's scheduler need not be told of it
// (syscall.RawSyscall). To tell it is dear for who moves a gigabyte a second: it wakes a
// thread to watch how long the call takes, and that one then wakes every 20 µs or more, and
// interrupts those that work. A call that does wait must be told of, or it would hold up others.
package nowait
