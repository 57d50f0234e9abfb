// Package attack names the techniques of MITRE ATT&CK and the attack patterns
// of CAPEC that events mention by id, and tells to which tactics a technique
// belongs.
//
// The tables are facts of ATT&CK 18.1 (Enterprise, Mobile and ICS) and CAPEC
// 3.9; NOTICE beside them holds MITRE's terms. They are searched as they are
// embedded, so that a start pays nothing for them.
package attack

import (
	_ "embed"
	"iter"
	"sort"
	"strings"
)

// Version is the release of ATT&CK the tables are of.
const Version = "18.1"

//go:embed techniques.tsv
var techniques string

//go:embed patterns.tsv
var patterns string

// Technique is a technique or sub-technique. Name is its own, without that of
// the technique it belongs to. Tactics are ids in the order of the matrix; a
// technique of another domain than Enterprise, or one that is no longer in
// use, has none.
type Technique struct {
	ID, Name string
	Tactics  []string
}

// Parent is the id of the technique a sub-technique belongs to, "" for a
// technique itself.
func (t Technique) Parent() string {
	if i := strings.IndexByte(t.ID, '.'); i > 0 {
		return t.ID[:i]
	}
	return ""
}

// Tactic is a column of the Enterprise matrix.
type Tactic struct{ ID, Name string }

// Tactics are the columns of the Enterprise matrix, in its order.
func Tactics() []Tactic {
	return []Tactic{
		{"reconnaissance", "Reconnaissance"},
		{"resource-development", "Resource Development"},
		{"initial-access", "Initial Access"},
		{"execution", "Execution"},
		{"persistence", "Persistence"},
		{"privilege-escalation", "Privilege Escalation"},
		{"defense-evasion", "Defense Evasion"},
		{"credential-access", "Credential Access"},
		{"discovery", "Discovery"},
		{"lateral-movement", "Lateral Movement"},
		{"collection", "Collection"},
		{"command-and-control", "Command and Control"},
		{"exfiltration", "Exfiltration"},
		{"impact", "Impact"},
	}
}

// Lookup finds a technique by its id, in any case: T1566, t1566.001.
func Lookup(id string) (Technique, bool) {
	line, ok := find(techniques, strings.ToUpper(strings.TrimSpace(id)))
	if !ok {
		return Technique{}, false
	}
	return parse(line), true
}

// Name is the name of a technique, a sub-technique's behind that of its
// technique: "Phishing: Spearphishing Attachment". "" for an unknown id.
func Name(id string) string {
	t, ok := Lookup(id)
	if !ok {
		return ""
	}
	if up, ok := Lookup(t.Parent()); ok {
		return up.Name + ": " + t.Name
	}
	return t.Name
}

// Pattern is the name of a CAPEC pattern by its id, in any case; "" for an
// unknown one.
func Pattern(id string) string {
	line, _ := find(patterns, strings.ToUpper(strings.TrimSpace(id)))
	_, name, _ := strings.Cut(line, "\t")
	return name
}

// Techniques are those of the Enterprise matrix, by rising id.
func Techniques() iter.Seq[Technique] {
	return func(yield func(Technique) bool) {
		for line := range strings.Lines(techniques) {
			if t := parse(strings.TrimSuffix(line, "\n")); len(t.Tactics) > 0 && !yield(t) {
				return
			}
		}
	}
}

func parse(line string) Technique {
	id, rest, _ := strings.Cut(line, "\t")
	name, tactics, _ := strings.Cut(rest, "\t")
	t := Technique{ID: id, Name: name}
	if tactics != "" {
		t.Tactics = strings.Split(tactics, ",")
	}
	return t
}

// find is the line of a table that begins with an id; the lines are sorted.
func find(table, id string) (string, bool) {
	if id == "" {
		return "", false
	}
	start := sort.Search(len(table), func(i int) bool { return lineAt(table, i) >= id+"\t" })
	if line := lineAt(table, start); strings.HasPrefix(line, id+"\t") {
		return line, true
	}
	return "", false
}

// lineAt is the line that holds the byte at i.
func lineAt(table string, i int) string {
	from := strings.LastIndexByte(table[:i], '\n') + 1
	line, _, _ := strings.Cut(table[from:], "\n")
	return line
}
