package incoming

import (
	"bytes"
	"errors"
	"strconv"
)

const (
	// maxNesting is above every answer to what we ask; the IMAP client follows lists in lists until the memory ends.
	maxNesting = 50
	// maxTail is how much of a line's end may announce a literal: "{", ten digits, "}".
	maxTail = 12
)

// fetching tells the lines that bring a mail.
const fetching = " FETCH "

var errNested = errors.New("the server sends lists within lists without end")

// guard watches the lines that a server sends, and leaves out the literals between them: what a mail holds is free.
type guard struct {
	literal int64 // bytes of it that are still to come
	depth   int
	head    []byte // of the line, as much as tells what it is
	tail    []byte // of the line, as much as announces a literal
}

// look returns errNested for an answer that must not be read.
func (g *guard) look(p []byte) error {
	for len(p) > 0 {
		if g.literal > 0 {
			n := min(int64(len(p)), g.literal)
			g.literal, p = g.literal-n, p[n:]
			continue
		}
		c := p[0]
		p = p[1:]
		switch c {
		case '\n':
			g.lineEnds()
			continue
		case '\r':
			continue
		case '(':
			if g.depth++; g.depth > maxNesting {
				return errNested
			}
		case ')':
			g.depth = max(0, g.depth-1)
		}
		if len(g.head) < 32 {
			g.head = append(g.head, c)
		}
		g.tail = append(g.tail[max(0, len(g.tail)+1-maxTail):], c)
	}
	return nil
}

// lineEnds finds out whether a literal follows, after which the line goes on. Only what is fetched has one: elsewhere the
// same signs are mere text.
func (g *guard) lineEnds() {
	announced, found := bytes.CutSuffix(g.tail, []byte("}"))
	at := bytes.LastIndexByte(announced, '{')
	if found && at >= 0 && bytes.Contains(bytes.ToUpper(g.head), []byte(fetching)) {
		if size, err := strconv.ParseInt(string(announced[at+1:]), 10, 64); err == nil && size >= 0 {
			g.literal, g.tail = size, nil
			return
		}
	}
	*g = guard{}
}
