package query

import (
	"threatbench/api"
)

// lower turns the tree of a text into the two lists the API takes.
func lower(root *node) (Filter, *Error) {
	simplify(root)
	l := lowering{}
	if g := soleGroup(root); g != nil {
		l.branches = g
	}
	for _, k := range root.kids {
		if err := l.top(k); err != nil {
			return Filter{}, err
		}
	}
	return l.filter, l.makeBranches()
}

type lowering struct {
	filter   Filter
	branches *node // an OR, or the one group that stands for a branch alone
}

// simplify unwraps groups that hold nothing but another group or an OR.
func simplify(n *node) {
	kids := n.kids
	n.kids = nil
	for _, k := range kids {
		simplify(k)
		for k.kind == nodeAnd && len(k.kids) == 1 && (k.kids[0].kind == nodeAnd || k.kids[0].kind == nodeOr) {
			inner := k.kids[0]
			inner.pos, inner.end = k.pos, k.end // the place a person sees
			k = inner
		}
		if n.kind == nodeOr && k.kind == nodeOr {
			n.kids = append(n.kids, k.kids...)
			continue
		}
		n.kids = append(n.kids, k)
	}
}

// soleGroup finds the group that becomes a branch of its own: there is no
// other, no OR, and all in it may stand in a branch.
func soleGroup(root *node) *node {
	var found *node
	for _, k := range root.kids {
		if k.kind == nodeOr || k.kind == nodeAnd && found != nil {
			return nil
		}
		if k.kind == nodeAnd {
			found = k
		}
	}
	if found == nil {
		return nil
	}
	for _, k := range found.kids {
		if len(k.kids) > 0 {
			return nil
		}
		for _, l := range k.leaves {
			if l.Field == api.FieldIndicator || l.Field == api.FieldDataset {
				return nil
			}
		}
	}
	return found
}

func (l *lowering) top(n *node) *Error {
	switch {
	case n == l.branches:
	case n.kind == nodeAnd:
		for _, k := range n.kids {
			if err := l.top(k); err != nil {
				return err
			}
		}
	case n.kind == nodeOr && l.branches != nil:
		return failAt(n.pos, n.end, "the API takes one OR of groups only; several values of one field are field:(a OR b)")
	case n.kind == nodeOr:
		l.branches = n
	default:
		return appendLeaves(&l.filter.Search, n, "the API takes at most %d conditions")
	}
	return nil
}

func appendLeaves(list *[]api.Condition, n *node, tooMany string) *Error {
	for _, lf := range n.leaves {
		if lf.Field == api.FieldDataset {
			*list = append(*list, lf.Condition)
			continue // no condition of the API's: it says where to look
		}
		if conditions(*list) == api.MaxConditions {
			return failAt(lf.pos, lf.end, tooMany, api.MaxConditions)
		}
		*list = append(*list, lf.Condition)
	}
	return nil
}

// conditions counts those the API knows.
func conditions(list []api.Condition) int {
	n := 0
	for _, c := range list {
		if c.Field != api.FieldDataset {
			n++
		}
	}
	return n
}

func (l *lowering) makeBranches() *Error {
	if l.branches == nil {
		return nil
	}
	groups := l.branches.kids
	if l.branches.kind == nodeAnd {
		groups = []*node{l.branches}
	}
	for i, g := range groups {
		if i == api.MaxBranches {
			return failAt(g.pos, g.end, "the API takes at most %d branches of OR", api.MaxBranches)
		}
		var branch []api.Condition
		if err := gather(&branch, g); err != nil {
			return err
		}
		l.filter.Branches = append(l.filter.Branches, branch)
	}
	return nil
}

// gather collects the conditions of one branch.
func gather(branch *[]api.Condition, n *node) *Error {
	if n.kind == nodeOr {
		return failAt(n.pos, n.end, "an OR inside a group of OR can't be expressed; write each alternative out")
	}
	for _, lf := range n.leaves {
		if lf.Field == api.FieldDataset {
			return failAt(lf.pos, lf.end, "dataset stands outside of OR only; several are dataset:(A OR B)")
		}
		if lf.Field == api.FieldIndicator {
			return failAt(lf.pos, lf.end, "the API takes indicator outside of OR only; several are indicator:(a OR b)")
		}
	}
	if err := appendLeaves(branch, n, "the API takes at most %d conditions in one branch"); err != nil {
		return err
	}
	for _, k := range n.kids {
		if err := gather(branch, k); err != nil {
			return err
		}
	}
	return nil
}
