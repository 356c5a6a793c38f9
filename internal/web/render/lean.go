package render

import (
	"fmt"
	"html/template"
	"text/template/parse"
)

// missingKey makes a value that a view lacks an error, and not "<no value>".
const missingKey = "missingkey=error"

// lean is a page with no more than it can get to: the layout, the blocks that it or its folder defines, and what these name. The
// other partials, of which every page was given a copy, are let go: of a hundred pages in two languages they are most of the memory.
func lean(page, shared *template.Template, funcMap template.FuncMap) (*template.Template, error) {
	queue := []string{"base"}
	for _, t := range page.Templates() {
		if t.Tree != nil && shared.Lookup(t.Name()) == nil {
			queue = append(queue, t.Name())
		}
	}
	kept := template.New(page.Name()).Funcs(funcMap).Option(missingKey)
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		t := page.Lookup(name)
		if kept.Lookup(name) != nil || t == nil {
			continue
		}
		if _, err := kept.AddParseTree(name, t.Tree); err != nil {
			return nil, fmt.Errorf("keep the template %s: %w", name, err)
		}
		queue = append(queue, named(t.Tree.Root)...)
	}
	return kept, nil
}

// named are the templates that a part of a template names.
func named(n parse.Node) []string {
	switch n := n.(type) {
	case *parse.ListNode:
		var out []string
		if n != nil {
			for _, child := range n.Nodes {
				out = append(out, named(child)...)
			}
		}
		return out
	case *parse.IfNode:
		return append(named(n.List), named(n.ElseList)...)
	case *parse.RangeNode:
		return append(named(n.List), named(n.ElseList)...)
	case *parse.WithNode:
		return append(named(n.List), named(n.ElseList)...)
	case *parse.TemplateNode:
		return []string{n.Name}
	default:
		return nil
	}
}
