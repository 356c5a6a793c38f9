package render

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"text/template/parse"

	"nichoir/internal/i18n"
)

// check walks every parsed template for literal keys, drawings and assets that do not exist, and for names of templates
// that nothing defines (html/template finds those only when a visitor gets there).
func (r *Renderer) check(drawings map[string]template.HTML) error {
	for name, page := range r.pages[i18n.French] {
		for _, t := range page.Templates() {
			if t.Tree == nil {
				continue
			}
			c := checker{renderer: r, drawings: drawings, page: page}
			c.node(t.Tree.Root)
			if len(c.faults) > 0 {
				slices.Sort(c.faults)
				return fmt.Errorf("check page %s, template %s: %s", name, t.Name(), strings.Join(slices.Compact(c.faults), "; "))
			}
		}
	}
	return nil
}

type checker struct {
	renderer *Renderer
	drawings map[string]template.HTML
	page     *template.Template
	faults   []string
}

func (c *checker) node(n parse.Node) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return
		}
		for _, child := range n.Nodes {
			c.node(child)
		}
	case *parse.ActionNode:
		c.pipe(n.Pipe)
	case *parse.IfNode:
		c.branch(&n.BranchNode)
	case *parse.RangeNode:
		c.branch(&n.BranchNode)
	case *parse.WithNode:
		c.branch(&n.BranchNode)
	case *parse.TemplateNode:
		if c.page.Lookup(n.Name) == nil {
			c.faults = append(c.faults, fmt.Sprintf("no template %q", n.Name))
		}
		c.pipe(n.Pipe)
	}
}

func (c *checker) branch(b *parse.BranchNode) {
	c.pipe(b.Pipe)
	c.node(b.List)
	c.node(b.ElseList)
}

func (c *checker) pipe(p *parse.PipeNode) {
	if p == nil {
		return
	}
	for _, command := range p.Cmds {
		for _, arg := range command.Args {
			if nested, ok := arg.(*parse.PipeNode); ok {
				c.pipe(nested)
			}
		}
		if len(command.Args) < 2 {
			continue
		}
		function, ok := command.Args[0].(*parse.IdentifierNode)
		if !ok {
			continue
		}
		literal, ok := command.Args[1].(*parse.StringNode)
		if !ok {
			continue
		}
		c.literal(function.Ident, literal.Text)
	}
}

func (c *checker) literal(function, text string) {
	switch function {
	case "t", "rich", "m":
		if !c.renderer.catalogue.Has(text) {
			c.faults = append(c.faults, fmt.Sprintf("no sentence %q", text))
		}
	case "drawing":
		if _, ok := c.drawings["drawings/"+text]; !ok {
			c.faults = append(c.faults, fmt.Sprintf("no drawing %q", text))
		}
	case "icon":
		if _, ok := c.drawings["icons/"+text]; !ok {
			c.faults = append(c.faults, fmt.Sprintf("no icon %q", text))
		}
	case "asset":
		if _, err := c.renderer.assets.URL(text); err != nil {
			c.faults = append(c.faults, err.Error())
		}
	}
}
