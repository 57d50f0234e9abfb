package uitest

import (
	"bytes"
	"encoding/base64"
	"io"
	"sync"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/vt"
)

// terminal is the emulator a program writes to, with a record of the bytes.
type terminal struct {
	mu     sync.Mutex
	emu    *vt.Emulator
	since  bytes.Buffer // since the last take
	bytes  int
	copied []string
}

func newTerminal(w, h int) *terminal {
	t := &terminal{emu: vt.NewEmulator(w, h)}
	t.emu.RegisterOscHandler(52, t.clipboard)
	return t
}

// Write takes output of the program. Without a terminal device the program
// writes bare line feeds, which a device would turn into carriage return and
// line feed.
func (t *terminal) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.since.Write(b)
	t.bytes += len(b)
	if _, err := t.emu.Write(bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n"))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// clipboard remembers what the program copies by OSC 52. It is called within
// Write.
func (t *terminal) clipboard(data []byte) bool {
	parts := bytes.SplitN(data, []byte(";"), 3)
	if len(parts) != 3 {
		return false
	}
	text, err := base64.StdEncoding.DecodeString(string(parts[2]))
	if err != nil {
		return false
	}
	t.copied = append(t.copied, string(text))
	return true
}

func (t *terminal) total() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bytes
}

func (t *terminal) take() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := bytes.Clone(t.since.Bytes())
	t.since.Reset()
	return out
}

func (t *terminal) resize(w, h int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.emu.Resize(w, h)
}

// cursor is where the cursor stands now.
func (t *terminal) cursor() uv.Position {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.emu.CursorPosition()
}

// screen copies what is shown now.
func (t *terminal) screen() *Screen {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := newScreen(t.emu.Width(), t.emu.Height())
	for y := range s.Height {
		for x := range s.Width {
			if c := t.emu.CellAt(x, y); c != nil {
				s.cells[y*s.Width+x] = cellOf(c)
			}
		}
	}
	return s
}

// close ends the terminal's answers. The emulator's own Close sets a flag that
// its reader looks at unguarded, so only the pipe is closed.
func (t *terminal) close() {
	if pipe, ok := t.emu.InputPipe().(io.Closer); ok {
		_ = pipe.Close()
	}
}
