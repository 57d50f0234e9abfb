package files

import (
	"fmt"
	"io/fs"
)

// The bits of a mode that let others write.
const (
	groupWrites = 0o020
	otherWrites = 0o002
)

// OnlyOurs is an error where somebody other than this user and root can write
// the file at path, or put another in its place: by its own mode and owner, or
// by those of a folder or link that the path leads through. A folder in which
// everybody may make files, but only owners take them away (/tmp), is no way.
// Nor is a group that has the number of its file's owner: many systems give
// everybody a group of one.
func OnlyOurs(path string) error {
	_, _, err := follow(path, func(at string, info fs.FileInfo) error {
		if info.Mode()&fs.ModeSymlink != 0 {
			return nil // its owner is looked at, and its mode means nothing
		}
		return onlyOurs(at, info)
	})
	return err
}

func onlyOurs(at string, info fs.FileInfo) error {
	who, known := ownerOf(info)
	if !known {
		return nil
	}
	mode := info.Mode()
	what := "file"
	if mode.IsDir() {
		what = "folder"
	}
	if !ours(who) {
		return fmt.Errorf("the %s %s belongs to somebody else (user %d), who can write it", what, at, who)
	}
	if mode.IsDir() && mode&fs.ModeSticky != 0 {
		return nil
	}
	if mode&otherWrites != 0 || mode&groupWrites != 0 && groupOf(info) != who {
		return fmt.Errorf("others can write the %s %s (mode %04o); run: chmod go-w %s", what, at, mode.Perm(), at)
	}
	return nil
}
