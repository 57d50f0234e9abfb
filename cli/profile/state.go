package profile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"sync"
)

// State is what the sessions on one database or account remember: named JSON values in
// one file. It is safe for concurrent use; two processes on one file keep each
// other's names, and of the same name the later writing.
type State struct {
	path    string
	writing sync.Mutex // held while the file is read and written, never by Get and Put

	mu      sync.Mutex
	values  map[string]json.RawMessage
	changed map[string]bool // what is not written down yet
}

// stateLimit bounds the file: what a person remembers is small, so a larger
// one isn't ours.
const stateLimit = 8 << 20

// OpenState reads from dir what sessions on one place remember; "" as dir
// remembers until the program ends. Owner tells the place, whatever profile
// leads there: a database by its id, an account by its server, and who it is
// over SSH. Where nothing is remembered of it yet, what is remembered under the
// name of a profile is taken over, once, and left where it is; "" takes nothing
// over. A file that can't be read never keeps the program from starting: the
// warning says what happened, and a damaged file is set aside.
func OpenState(dir, owner, profile string) (s *State, warning string) {
	s = &State{values: map[string]json.RawMessage{}, changed: map[string]bool{}}
	if dir == "" {
		return s, ""
	}
	sum := sha256.Sum256([]byte(owner))
	s.path = filepath.Join(dir, "state-of-"+hex.EncodeToString(sum[:12])+".json")
	from := s.path
	if _, err := os.Stat(s.path); errors.Is(err, fs.ErrNotExist) && profile != "" {
		from = filepath.Join(dir, "state-"+url.PathEscape(profile)+".json")
	}
	values, err := readState(from)
	var damaged *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		s.values = values
		if from != s.path {
			s.again(values)
		}
	case errors.As(err, &damaged), errors.As(err, &wrong):
		warning = fmt.Sprintf("%v; it was set aside as %s.damaged", err, filepath.Base(from))
		if os.Rename(from, from+".damaged") != nil {
			warning = err.Error()
		}
	default:
		warning = err.Error()
		s.path = "" // what can't be read must not be written over
	}
	return s, warning
}

// readState reads the file; none is no values.
func readState(path string) (map[string]json.RawMessage, error) {
	values := map[string]json.RawMessage{}
	if info, err := os.Stat(path); err == nil && info.Size() > stateLimit {
		return nil, fmt.Errorf("reading what was remembered: %s has %d bytes, more than %d", path, info.Size(), stateLimit)
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return values, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading what was remembered: %w", err)
	}
	if err := json.Unmarshal(text, &values); err != nil {
		return nil, fmt.Errorf("reading what was remembered: %s: %w", path, err)
	}
	if values == nil { // the file says null
		values = map[string]json.RawMessage{}
	}
	return values, nil
}

// Get is the value under a name.
func (s *State) Get(name string) (json.RawMessage, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.values[name]
	return v, ok
}

// Put remembers a value; Flush writes it down.
func (s *State) Put(name string, v json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values[name] = v
	s.changed[name] = true
}

// Flush writes down what was put since the last time: whole or not at all,
// readable by its owner alone. Where it fails, the next Flush tries again.
func (s *State) Flush() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	news := s.news()
	if s.path == "" || len(news) == 0 {
		return nil
	}
	all, err := readState(s.path) // another session on the place may have written since
	if err != nil {
		all = map[string]json.RawMessage{}
	}
	maps.Copy(all, news)
	if err := writeState(s.path, all); err != nil {
		s.again(news)
		return fmt.Errorf("writing down what is to be remembered: %w", err)
	}
	return nil
}

// news takes what isn't written down yet.
func (s *State) news() map[string]json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	news := map[string]json.RawMessage{}
	for name := range s.changed {
		news[name] = s.values[name]
	}
	clear(s.changed)
	return news
}

// again says that values are still to be written down.
func (s *State) again(values map[string]json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name := range values {
		s.changed[name] = true
	}
}

func writeState(path string, values map[string]json.RawMessage) (err error) {
	text, err := json.MarshalIndent(values, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // made with mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
