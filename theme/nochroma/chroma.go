// Package chroma stands in for github.com/alecthomas/chroma/v2, which glamour
// imports to colour blocks of code. No theme here colours them, and the real
// one reads 300 lexers and 70 styles before main begins: 22 ms of each start
// and 4 MB of the program. What is here is what glamour needs to compile, and
// colours nothing; docs/decisions/0012-no-chroma.md says more.
package chroma

// TokenType is a kind of word in code.
type TokenType int

// The kinds that a style of glamour names.
const (
	Text TokenType = iota
	Background
	Comment
	CommentPreproc
	Error
	GenericDeleted
	GenericEmph
	GenericInserted
	GenericStrong
	GenericSubheading
	Keyword
	KeywordNamespace
	KeywordReserved
	KeywordType
	Literal
	LiteralDate
	LiteralNumber
	LiteralString
	LiteralStringEscape
	Name
	NameAttribute
	NameBuiltin
	NameClass
	NameConstant
	NameDecorator
	NameException
	NameFunction
	NameOther
	NameTag
	Operator
	Punctuation
)

// StyleEntries are the colours of a style by kind.
type StyleEntries map[TokenType]string

// Style is a style without colours.
type Style struct{ Name string }

// MustNewStyle gives a style of that name; its colours are not kept.
func MustNewStyle(name string, _ StyleEntries) *Style { return &Style{name} }
