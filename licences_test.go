package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/licences.md anew")

// TestLicencesAreListed keeps docs/licences.md: every module that is part of
// the program, with its licence, each of a kind that may be passed on with it.
func TestLicencesAreListed(t *testing.T) {
	const path = "docs/licences.md"
	var b strings.Builder
	b.WriteString("# Licences\n\nWhat is built into the program, beside Go's own library (BSD-3-Clause). Written by `go test . -update`.\n\n| module | licence |\n|---|---|\n")
	for _, m := range linkedModules(t) {
		fmt.Fprintf(&b, "| %s | %s |\n", m.path, licenceOf(t, m))
	}
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(kept) != b.String() {
		t.Errorf("%s is out of date: run go test . -update", path)
	}
}

type module struct{ path, dir string }

// linkedModules are the modules of others that the program is built of, by
// path; a stand-in of our own is none.
func linkedModules(t *testing.T) []module {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if not (or .Main (and .Replace (not .Replace.Version)))}}{{.Path}} {{.Dir}}{{end}}{{end}}", ".").Output()
	if err != nil {
		t.Fatalf("listing the modules: %v", err)
	}
	var all []module
	for line := range strings.Lines(string(out)) {
		path, dir, ok := strings.Cut(strings.TrimSpace(line), " ")
		if ok && !slices.Contains(all, module{path, dir}) {
			all = append(all, module{path, dir})
		}
	}
	if len(all) < 30 {
		t.Fatalf("only %d modules listed", len(all))
	}
	slices.SortFunc(all, func(a, b module) int { return strings.Compare(a.path, b.path) })
	return all
}

// licences are known by words that stand in no other; all of them allow
// passing the program on under its own.
var licences = []struct{ name, words string }{
	{"Apache-2.0", "Apache License"},
	{"MPL-2.0", "Mozilla Public License"},
	{"ISC", "Permission to use, copy, modify, and/or distribute this software"},
	{"MIT", "Permission is hereby granted, free of charge"},
	{"BSD-3-Clause", "Neither the name of"},
	{"BSD-2-Clause", "Redistribution and use in source and binary forms"},
}

func licenceOf(t *testing.T, m module) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(m.dir, "[LlCc][IiOo][CcPp][EeYy]*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		flat := strings.Join(strings.Fields(string(text)), " ")
		for _, l := range licences {
			if strings.Contains(flat, l.words) {
				return l.name
			}
		}
	}
	t.Errorf("%s has no licence that is known here (files: %v)", m.path, files)
	return "?"
}
