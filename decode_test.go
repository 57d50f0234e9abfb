package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// decoders turn bytes into text that may hold what the bytes did not: \u001b
// in JSON, &#27; in HTML, %1b in an address. By the import path, the names.
var decoders = map[string][]string{
	"encoding/json":                   {"Unmarshal", "NewDecoder"},
	"encoding/xml":                    {"Unmarshal", "NewDecoder"},
	"encoding/csv":                    {"NewReader"},
	"encoding/gob":                    {"NewDecoder"},
	"encoding/hex":                    {"DecodeString", "Decode", "NewDecoder"},
	"github.com/pelletier/go-toml/v2": {"Unmarshal", "NewDecoder"},
	"go.yaml.in/yaml/v4":              {"Unmarshal", "NewDecoder"},
	"gopkg.in/yaml.v3":                {"Unmarshal", "NewDecoder"},
	"html":                            {"UnescapeString"},
	"net/url":                         {"PathUnescape", "QueryUnescape", "ParseQuery"},
	"strconv":                         {"Unquote", "UnquoteChar"},
	"mime":                            {"ParseMediaType", "WordDecoder"},
}

// decodes lists the functions that decode by themselves, with the reason why
// nothing of it reaches a terminal as it is. All others, in every package whose
// text is drawn or printed, decode by clean.Unmarshal and clean.JSON, or don't
// decode at all. "file.go" allows a whole file, "file.go:Func" one function.
var decodes = map[string]string{
	"api/client": "the client neutralises every field after decoding, which a test holds for every operation",

	"api/async/moved.go:jsonValue":          "compared; what is told of it is neutralised again",
	"cli/guard/guard.go:signed":             "a signature, compared",
	"cli/guard/rest.go:mayKnow":             "looks for the datasets a query names, and shows none",
	"cli/profile/salvage.go:decode":         "the person's own file; names that are drawn are checked, and app prints mistakes neutralised",
	"cli/profile/salvage.go:end":            "the person's own file; names that are drawn are checked, and app prints mistakes neutralised",
	"cli/profile/salvage.go:profiles":       "the person's own file; names that are drawn are checked, and app prints mistakes neutralised",
	"cli/profile/state.go:readState":        "keeps the values undecoded: Memory.Load neutralises them",
	"cli/sshd/role.go:readRoles":            "the server's own file; names are neutralised there",
	"cli/sshd/role.go:readRole":             "a role as it is written; its name is neutralised, its troubles too",
	"cli/sshd/revoke/revoke.go:fingerprint": "a hash, never shown",
	"ui/compose.go:checkJSON":               "what a person wrote in the editor, on its way to the server; a mistake in it is drawn by a menu, which neutralises",
	"views/saved.go:readQuery":              "the values are asked as they are; ReadSaved neutralises all that is shown",
	"views/saved.go:oneOrMore":              "the same",
	"views/saved.go:SameQuery":              "compares",
	"views/form/check.go:wrongRaw":          "checks that a text typed is JSON, and keeps nothing of it",
	"views/detail/markdown.go:calmEntities": "decodes to see what has to be neutralised",
}

// drawing are the packages whose text is drawn or printed.
var drawing = []string{"ui", "views", "cli", "theme", "keymap", "api/client", "api/async", "api/query", "api/attack", "api/indicator"}

// TestNothingIsDecodedPastTheBoundary finds every place where outside text is
// decoded on its way to a terminal.
func TestNothingIsDecodedPastTheBoundary(t *testing.T) {
	used := map[string]bool{}
	for _, root := range drawing {
		err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") || strings.Contains(p, "uitest") {
				return err
			}
			found, err := decodingIn(p)
			for _, f := range found {
				if why := allowed(f, used); why == "" {
					t.Errorf("%s decodes past the boundary: use clean.Unmarshal, or say in decodes why it can't reach a terminal", f)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range decodes {
		if !used[name] {
			t.Errorf("%s is allowed to decode, and doesn't", name)
		}
	}
}

// allowed is the reason why a place may decode.
func allowed(place string, used map[string]bool) string {
	file, _, _ := strings.Cut(place, ":")
	for _, name := range []string{place, file, path.Dir(file)} {
		if why, ok := decodes[name]; ok {
			used[name] = true
			return why
		}
	}
	return ""
}

// decodingIn lists the functions of a file that decode, as "file.go:Func".
func decodingIn(file string) ([]string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	names := map[string][]string{} // by the name the file knows the package under
	for _, im := range f.Imports {
		from := strings.Trim(im.Path.Value, `"`)
		known, ok := decoders[from]
		if !ok {
			continue
		}
		name := strings.TrimSuffix(path.Base(from), ".v3")
		if base := path.Base(from); base == "v2" || base == "v4" {
			name = strings.TrimPrefix(path.Base(path.Dir(from)), "go-")
		}
		if im.Name != nil {
			name = im.Name.Name
		}
		names[name] = known
	}
	var out []string
	for _, d := range f.Decls {
		in := "the package's variables"
		if fn, ok := d.(*ast.FuncDecl); ok {
			in = fn.Name.Name
		}
		if decodesSomething(d, names) {
			out = append(out, filepath.ToSlash(file)+":"+in)
		}
	}
	return out, nil
}

// decodesSomething reports whether a declaration names a decoder; the encodings
// of base64 and base32 are values, known by the method.
func decodesSomething(d ast.Decl, names map[string][]string) (found bool) {
	ast.Inspect(d, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if inner, ok := sel.X.(*ast.SelectorExpr); ok && sel.Sel.Name == "DecodeString" && strings.HasSuffix(inner.Sel.Name, "Encoding") {
			found = true
		}
		if x, ok := sel.X.(*ast.Ident); ok {
			for _, name := range names[x.Name] {
				found = found || name == sel.Sel.Name
			}
		}
		return true
	})
	return found
}

// TestDecodersAreSeen makes sure that a breach would be seen, whatever name the
// package goes by.
func TestDecodersAreSeen(t *testing.T) {
	for _, body := range []string{
		`import "encoding/json"; func f(b []byte) { var v any; _ = json.Unmarshal(b, &v) }`,
		`import j "encoding/json"; func f(r io.Reader) { _ = j.NewDecoder(r) }`,
		`import "github.com/pelletier/go-toml/v2"; func f(b []byte) { var v any; _ = toml.Unmarshal(b, &v) }`,
		`import "encoding/base64"; func f(s string) { _, _ = base64.StdEncoding.DecodeString(s) }`,
		`import "net/url"; var f = url.PathUnescape`,
	} {
		file := filepath.Join(t.TempDir(), "x.go")
		if err := os.WriteFile(file, []byte("package x; "+body), 0o600); err != nil {
			t.Fatal(err)
		}
		if found, err := decodingIn(file); err != nil || len(found) != 1 {
			t.Errorf("%s: found %v, %v", body, found, err)
		}
	}
}
