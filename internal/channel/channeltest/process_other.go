//go:build !linux

package channeltest

import "syscall"

// dieWithParent does nothing here: only Linux can do it.
func dieWithParent() *syscall.SysProcAttr { return nil }
