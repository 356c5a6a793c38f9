package nextcloudtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// jsonToXML gives an OCS answer the form it has for clients that do not ask for
// JSON. Lists become <element>s, keys that begin with @ attributes, an empty list
// an empty element, true a 1.
func jsonToXML(document []byte) []byte {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\"?>\n")
	value, err := decodeOrdered(decoder)
	if err != nil {
		return nil // the document was made by marshal
	}
	if root, ok := value.([]pair); ok {
		writePairs(&b, root, 0)
	}
	return []byte(b.String())
}

// pair is a field of an object in the order in which it stands.
type pair struct {
	key   string
	value any
}

func decodeOrdered(decoder *json.Decoder) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, fmt.Errorf("read a token: %w", err)
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	pairs := []pair{}
	for decoder.More() {
		key := "element"
		if delim == '{' {
			token, err := decoder.Token()
			if err != nil {
				return nil, fmt.Errorf("read a key: %w", err)
			}
			key = elementName(fmt.Sprint(token))
		}
		value, err := decodeOrdered(decoder)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, pair{key, value})
	}
	if _, err := decoder.Token(); err != nil {
		return nil, fmt.Errorf("read the end: %w", err)
	}
	return pairs, nil
}

// elementName is "element" for keys that are numbers, as those of folders.
func elementName(key string) string {
	if key == "" || (key[0] >= '0' && key[0] <= '9') {
		return "element"
	}
	return key
}

func writePairs(b *strings.Builder, pairs []pair, depth int) {
	indent := strings.Repeat(" ", depth)
	for _, p := range pairs {
		if strings.HasPrefix(p.key, "@") {
			continue
		}
		children, nested := p.value.([]pair)
		switch {
		case !nested:
			fmt.Fprintf(b, "%s<%s>%s</%s>\n", indent, p.key, xmlScalar(p.value), p.key)
		case onlyAttributes(children):
			fmt.Fprintf(b, "%s<%s%s/>\n", indent, p.key, attributes(children))
		default:
			fmt.Fprintf(b, "%s<%s%s>\n", indent, p.key, attributes(children))
			writePairs(b, children, depth+1)
			fmt.Fprintf(b, "%s</%s>\n", indent, p.key)
		}
	}
}

func onlyAttributes(pairs []pair) bool {
	for _, p := range pairs {
		if !strings.HasPrefix(p.key, "@") {
			return false
		}
	}
	return true
}

func attributes(pairs []pair) string {
	var b strings.Builder
	for _, p := range pairs {
		if name, ok := strings.CutPrefix(p.key, "@"); ok {
			fmt.Fprintf(&b, " %s=\"%s\"", name, xmlScalar(p.value))
		}
	}
	return b.String()
}

func xmlScalar(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return "1"
		}
		return ""
	}
	return escapeXML(fmt.Sprint(value))
}
