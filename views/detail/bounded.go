package detail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"charm.land/glamour/v2/ansi"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	gmtext "github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// What is rendered as Markdown; what is past a bound is shown as plain text.
// An analyst's report stays far below.
const (
	maxMarkdown     = 64 << 10 // bytes
	maxNesting      = 12       // quotes, lists and emphasis within each other
	maxLines        = 5_000
	maxOpen         = 2_000   // brackets and the like that may open something
	maxHighlighted  = 8 << 10 // bytes of a code block that is coloured
	maxMarkdownTime = 2 * time.Second
)

// errTooMuch is the reason why Markdown is shown as plain text.
var errTooMuch = errors.New("nested or long beyond what is rendered")

// renderers bounds how many insights of all sessions are rendered at a time,
// so that there is always a processor for the others.
var renderers = make(chan struct{}, max(runtime.NumCPU()-1, 1))

// convert renders Markdown with glamour. It is bounded before, in size and in
// what it may open, and during, in depth and time; it stops soon after ctx
// ends. What is past a bound is errTooMuch.
func convert(ctx context.Context, md string, o ansi.Options) (out string, err error) {
	if tooMuch(md) {
		return "", errTooMuch
	}
	select {
	case renderers <- struct{}{}:
		defer func() { <-renderers }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, maxMarkdownTime)
	defer cancel()
	stop := stopper{ctx, o.WordWrap}
	gm := goldmark.New(
		goldmark.WithExtensions(extension.GFM, extension.DefinitionList),
		goldmark.WithParserOptions(
			parser.WithBlockParsers(util.Prioritized(stop, 1)),
			parser.WithInlineParsers(util.Prioritized(inlineStopper{stop}, 1)),
			parser.WithASTTransformers(util.Prioritized(stop, 1)),
		),
	)
	gm.SetRenderer(renderer.NewRenderer(renderer.WithNodeRenderers(util.Prioritized(stopping{ansi.NewRenderer(o), stop}, 1000))))
	var b bytes.Buffer
	defer func() {
		var s stopped
		if p := recover(); p != nil {
			if e, ok := p.(error); !ok || !errors.As(e, &s) {
				panic(p)
			}
			err = s.error
		}
		if errors.Is(err, context.DeadlineExceeded) {
			err = errTooMuch
		}
	}()
	doc := gm.Parser().Parse(gmtext.NewReader([]byte(md)))
	if err := gm.Renderer().Render(&b, []byte(md+afterHeading), doc); err != nil {
		return "", fmt.Errorf("rendering Markdown: %w", err)
	}
	return b.String(), nil
}

// tooMuch reports whether a text could take a renderer long by what it opens.
func tooMuch(md string) bool {
	if len(md) > maxMarkdown || strings.Count(md, "\n") > maxLines || strings.Count(md, "[")+strings.Count(md, "<")+strings.Count(md, "`")+strings.Count(md, "*")+strings.Count(md, "_")+strings.Count(md, "~") > 2*maxOpen {
		return true
	}
	for line := range strings.SplitSeq(md, "\n") {
		if front := line[:len(line)-len(strings.TrimLeft(line, " \t>-+*0123456789.)"))]; strings.Count(front, ">")+strings.Count(front, "- ")+strings.Count(front, "* ")+strings.Count(front, "+ ") > maxNesting {
			return true
		}
	}
	return false
}

// stopped carries the reason out of a parser, which knows no errors.
type stopped struct{ error }

// stopper ends parsing and rendering once its context has ended, and where a
// document is nested too deep. It is a parser of blocks that finds none.
type stopper struct {
	ctx   context.Context
	width int // cells the document is rendered for
}

func (s stopper) check() {
	if err := s.ctx.Err(); err != nil {
		panic(stopped{err})
	}
}

// Trigger is every character.
func (stopper) Trigger() []byte { return nil }

// Open opens nothing.
func (s stopper) Open(ast.Node, gmtext.Reader, parser.Context) (ast.Node, parser.State) {
	s.check()
	return nil, parser.NoChildren
}

// Continue is never called: nothing was opened.
func (stopper) Continue(ast.Node, gmtext.Reader, parser.Context) parser.State { return parser.Close }

// Close is never called either.
func (stopper) Close(ast.Node, gmtext.Reader, parser.Context) {}

// CanInterruptParagraph has it asked at every line.
func (stopper) CanInterruptParagraph() bool { return true }

// CanAcceptIndentedLine is the same for indented ones.
func (stopper) CanAcceptIndentedLine() bool { return true }

// Transform measures the document before it is rendered, takes the language
// off code that would take long to colour, and unrolls tables that are too wide.
func (s stopper) Transform(doc *ast.Document, r gmtext.Reader, _ parser.Context) {
	depth := 0
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			depth--
			return ast.WalkContinue, nil
		}
		s.check()
		if depth++; depth > maxNesting+4 { // the document, a paragraph, a text and its style
			return ast.WalkStop, errTooMuch
		}
		if code, ok := n.(*ast.FencedCodeBlock); ok && code.Lines().Len() > 0 {
			if l := code.Lines(); l.At(l.Len()-1).Stop-l.At(0).Start > maxHighlighted {
				code.Info = nil
			}
		}
		return ast.WalkContinue, nil
	})
	if err == nil {
		err = unrollTables(doc, r.Source(), s.width)
	}
	if err != nil {
		panic(stopped{err})
	}
}

// inlineStopper is asked wherever something could begin within a line.
type inlineStopper struct{ stopper }

// Trigger is what begins links, images, emphasis, code and tags.
func (inlineStopper) Trigger() []byte { return []byte("[!]*_~`<&:") }

// Parse finds nothing.
func (s inlineStopper) Parse(ast.Node, gmtext.Reader, parser.Context) ast.Node {
	s.check()
	return nil
}

// stopping renders as another does until its context ends.
type stopping struct {
	renderer.NodeRenderer
	stopper
}

// RegisterFuncs registers what the other does.
func (s stopping) RegisterFuncs(reg renderer.NodeRendererFuncRegisterer) {
	s.NodeRenderer.RegisterFuncs(registering{reg, s.ctx})
}

type registering struct {
	renderer.NodeRendererFuncRegisterer
	ctx context.Context
}

// Register has the context looked at before each node.
func (r registering) Register(kind ast.NodeKind, f renderer.NodeRendererFunc) {
	r.NodeRendererFuncRegisterer.Register(kind, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if err := r.ctx.Err(); err != nil {
			return ast.WalkStop, err
		}
		return f(w, source, n, entering)
	})
}
