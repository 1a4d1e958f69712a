//go:build !linux

package main

import "syscall"

// EndsWithUs ends nothing: only Linux ends a child with its parent.
func endsWithUs() *syscall.SysProcAttr { return nil }
