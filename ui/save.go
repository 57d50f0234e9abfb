package ui

import (
	"context"
	"io"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api/async"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// saveSlot is where files are written from.
const saveSlot = "save"

// saveAs asks for a path and writes data there. In a session that may write no
// files, one over SSH, it says so.
func (m *Model) saveAs(what, name string, data []byte) tea.Cmd {
	write := m.options.WriteFile
	if write == nil {
		return m.say(toast.Warn, "this session writes no files: copy "+what+" instead, or get it by a command (threatbench export --help)")
	}
	m.overlay.Open(newEntry(m, "write "+what+" to which file?", name, func(path string) tea.Cmd {
		if path = strings.TrimSpace(path); path == "" {
			return nil
		}
		return m.env.Async.Run(async.Slot{View: jobView, Name: saveSlot}, func(ctx context.Context, _ async.Report) (any, error) {
			return filepath.Clean(path), write(ctx, path, func(w io.Writer) error {
				_, err := w.Write(data)
				return err
			})
		})
	}))
	return nil
}

func (m *Model) onWritten(f async.JobDone) tea.Cmd {
	if f.Err != nil {
		return m.say(toast.Error, f.Err.Error())
	}
	path, _ := f.Value.(string)
	return m.say(toast.Good, "written: "+views.Shown(path))
}
