//go:build unix

package files

import (
	"io/fs"
	"os"
	"syscall"
)

const (
	noFollow = syscall.O_NOFOLLOW
	noWait   = syscall.O_NONBLOCK | syscall.O_NOCTTY
)

// ownerOf is the number of the user that a file belongs to.
func ownerOf(info fs.FileInfo) (user int, known bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(s.Uid), true
}

// groupOf is the number of the group that a file belongs to.
func groupOf(info fs.FileInfo) int {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return -1
	}
	return int(s.Gid)
}

// ours reports whether a user is this one or root.
func ours(user int) bool { return user == 0 || user == os.Geteuid() }
