package query

// Highlight cuts a text into its tokens, in order and without overlap. It
// never fails: what cannot be read is KindError.
func Highlight(text string) []Span {
	if unread(text) != nil {
		return nil
	}
	toks := scan(text)
	spans := make([]Span, len(toks))
	for i, t := range toks {
		spans[i] = Span{Pos: t.pos, End: t.end, Kind: t.colour()}
	}
	return spans
}

func (t token) colour() Kind {
	switch t.kind {
	case tokPhrase:
		if t.unclosed {
			return KindError
		}
		return KindPhrase
	case tokValue:
		if t.unclosed {
			return KindError
		}
		return KindValue
	case tokField:
		if _, ok := Lookup(t.raw); !ok {
			return KindError
		}
		return KindField
	case tokMinus, tokOp:
		return KindOperator
	case tokOr, tokAnd:
		return KindKeyword
	case tokNot:
		return KindError
	case tokOpen, tokClose, tokComma:
		return KindParen
	}
	return KindWord
}

// Terms finds the top-level terms of any text, in order; a whole OR of
// branches is one term. AND belongs to none.
func Terms(text string) []Span {
	var out []Span
	depth := 0
	joined := false // the next token goes on with the last term
	if unread(text) != nil {
		return nil
	}
	for _, t := range scan(text) {
		top := depth == 0 && !t.glued && !t.listed
		switch {
		case top && t.kind == tokAnd:
			joined = false
			continue
		case t.kind == tokOr && top:
			joined = true
		case len(out) > 0 && (!top || joined):
			joined = false
		default:
			joined = false
			out = append(out, Span{Pos: t.pos, Kind: KindTerm})
		}
		if len(out) == 0 { // an OR with nothing before it
			out = append(out, Span{Pos: t.pos, Kind: KindTerm})
		}
		out[len(out)-1].End = t.end
		switch {
		case t.kind == tokOpen:
			depth++
		case t.kind == tokClose && depth > 0:
			depth--
		}
	}
	return out
}
