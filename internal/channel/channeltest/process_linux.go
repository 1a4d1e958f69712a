package channeltest

import "syscall"

// dieWithParent makes the system end a peer when the test process is killed.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
