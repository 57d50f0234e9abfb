package form

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxRules is the most bytes of one file of rules, which is held in memory.
const maxRules = 32 << 20

// readRules reads a file of rules whole; ok is false for one that is too large,
// which it reports.
func readRules(r io.Reader, to Taker) (b []byte, ok bool, err error) {
	b, err = io.ReadAll(io.LimitReader(r, maxRules+1))
	if err == nil && len(b) > maxRules {
		to.Reject(0, "", fmt.Sprintf("more than %d bytes of rules in one file", maxRules))
		return nil, false, nil
	}
	return b, err == nil, err
}

// Sigma takes the rules of a Sigma file, each a document of YAML. What a rule
// looks for stays in the raw record: it tells what to search, not what is bad.
func Sigma(r io.Reader, to Taker) error {
	b, ok, err := readRules(r, to)
	if !ok {
		return err
	}
	line := 1
	for doc := range documents(b) {
		if len(bytes.TrimSpace(doc)) > 0 {
			if err := sigmaRule(doc, line, to); err != nil {
				return err
			}
		}
		line += bytes.Count(doc, []byte("\n")) + 1
	}
	return nil
}

// documents cuts a stream of YAML at its separators, so that one that can't be
// read takes no other with it.
func documents(b []byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		from := 0
		for at := 0; at < len(b); {
			end := len(b)
			if n := bytes.IndexByte(b[at:], '\n'); n >= 0 {
				end = at + n + 1
			}
			if bytes.Equal(bytes.TrimRight(b[at:end], " \t\r\n"), []byte("---")) {
				if !yield(bytes.TrimSuffix(b[from:at], []byte("\n"))) {
					return
				}
				from = end
			}
			at = end
		}
		yield(b[from:])
	}
}

func sigmaRule(doc []byte, line int, to Taker) error {
	f, err := sigmaFields(doc)
	title := f.text("title")
	switch {
	case err != nil:
		to.Reject(line, "", err.Error())
		return nil
	case title == "" && f.text("action") != "":
		to.LeaveOut("document", "it sets what other documents of the file say (action: "+f.text("action")+")")
		return nil
	case title == "":
		to.Reject(line, f.text("id"), "a document without the title of a Sigma rule")
		return nil
	}
	e := Entry{
		ID: f.text("id"), Version: moment(f.text("modified", "date")), Line: line, Event: title, Category: "Sigma rule",
		Date: cmp.Or(moment(f.text("date")), moment(f.text("modified"))), Source: f.text("author"), Raw: encode(map[string]any(f)),
	}
	if e.ID == "" {
		e.ID = "sigma/" + title
	}
	e.Insight = paragraphs(f.text("description"), listed("References", slices.Concat(f.texts("references"), f.texts("reference"))), listed("False positives", f.texts("falsepositives")))
	for _, tag := range f.texts("tags") {
		id := technique(tag)
		if kind, number, _ := strings.Cut(strings.ToLower(tag), "."); kind == "cve" {
			e.Indicators = add(e.Indicators, named("cve", "CVE-"+strings.ReplaceAll(strings.TrimPrefix(number, "cve-"), ".", "-")))
		}
		if id == "" {
			e.Tags = append(e.Tags, tag)
			continue
		}
		e.Techniques = append(e.Techniques, id)
	}
	for _, key := range []string{"level", "status"} {
		if v := f.text(key); v != "" {
			e.Tags = append(e.Tags, key+":"+v)
		}
	}
	for _, key := range []string{"product", "category", "service"} {
		if v := f.object("logsource").text(key); v != "" {
			e.Tags = append(e.Tags, "logsource:"+v)
		}
	}
	e.Markings = append(f.texts("tlp"), f.texts("TLP")...)
	return to.Take(e)
}

// sigmaFields decodes a document. What YAML allows and JSON can't hold, such as
// keys that are no text, is a reason to refuse it.
func sigmaFields(doc []byte) (f fields, err error) {
	defer func() {
		if p := recover(); p != nil { // the decoder's own, on input it doesn't expect
			f, err = nil, fmt.Errorf("not YAML: %v", p)
		}
	}()
	const longest, deepest = 1 << 20, 200
	if len(doc) > longest {
		return nil, fmt.Errorf("a rule of more than %d bytes", longest)
	}
	var node yaml.Node
	if err := yaml.Unmarshal(doc, &node); err != nil {
		return nil, fmt.Errorf("not YAML: %w", err)
	}
	if err := plainNode(&node, deepest); err != nil {
		return nil, err
	}
	var v any
	if err := node.Decode(&v); err != nil {
		return nil, fmt.Errorf("not YAML: %w", err)
	}
	if f = asFields(v); f == nil {
		return nil, errors.New("a document that is no rule: want keys and values")
	}
	return f, nil
}

// plainNode refuses aliases, by which a small document becomes a huge one, and
// what is nested too deep. No rule needs either.
func plainNode(n *yaml.Node, depth int) error {
	switch {
	case n.Kind == yaml.AliasNode:
		return errors.New("it refers to parts of itself (aliases of YAML), which no rule needs")
	case depth == 0:
		return errors.New("nested too deep")
	}
	for _, c := range n.Content {
		if err := plainNode(c, depth-1); err != nil {
			return err
		}
	}
	return nil
}
