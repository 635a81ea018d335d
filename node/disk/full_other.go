//go:build !windows

package disk

import "syscall"

// fullErrors are what the system says when there is no room.
var fullErrors = []error{syscall.ENOSPC, syscall.EDQUOT}
