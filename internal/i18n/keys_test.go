package i18n

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
)

// root is the repository, where templates and Go files say which sentences they need.
const root = "../.."

var (
	placeholder   = regexp.MustCompile(`\{\{.*?\}\}`)
	plainHolder   = regexp.MustCompile(`^\{\{\.[A-Z][A-Za-z]*\}\}$`)
	templateKey   = regexp.MustCompile(`[({ ](?:t|rich|m) "([^"]+)"`)
	templateText  = regexp.MustCompile(`"([^"\n]*)"`)
	beginningOfID = regexp.MustCompile(`^[a-z0-9]+\.[a-z0-9_-][a-z0-9._-]*\.$`) // more than the name of a file
)

func TestLanguagesHoldTheSameSentences(t *testing.T) {
	t.Parallel()
	catalogue, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(catalogue.Keys(French), catalogue.Keys(English)); diff != "" {
		t.Errorf("keys differ (-French +English):\n%s", diff)
	}
	for key, french := range catalogue.keys[French] {
		english, ok := catalogue.keys[English][key]
		if !ok {
			continue
		}
		if diff := cmp.Diff(holders(t, french), holders(t, english)); diff != "" {
			t.Errorf("%s: placeholders differ (-French +English):\n%s", key, diff)
		}
		for lang, m := range map[string]*goi18n.Message{French: french, English: english} {
			if strings.TrimSpace(m.Other) == "" {
				t.Errorf("%s says nothing for %q", lang, key)
			}
		}
	}
}

// holders lists the placeholders of all forms of a sentence. The singular may leave out the count ("one place").
func holders(t *testing.T, m *goi18n.Message) []string {
	t.Helper()
	found := map[string]bool{}
	for _, holder := range placeholder.FindAllString(m.One+m.Other, -1) {
		if !plainHolder.MatchString(holder) {
			t.Errorf("%s: %s is more than the name of a value", m.ID, holder)
		}
		found[holder] = true
	}
	return slices.Sorted(maps.Keys(found))
}

func TestEverySentenceIsThereAndUsed(t *testing.T) {
	t.Parallel()
	catalogue, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	use := usage{needed: map[string]string{}, texts: map[string]bool{}}
	use.readTemplates(t)
	use.readGo(t)

	for key, where := range use.needed {
		if !catalogue.Has(key) {
			t.Errorf("%s needs the sentence %q, which the catalogues lack", where, key)
		}
	}
	var beginnings []string
	for text := range use.texts {
		text, _, _ = strings.Cut(text, "%")
		if beginningOfID.MatchString(text) {
			beginnings = append(beginnings, text)
		}
	}
	for _, key := range catalogue.Keys(French) {
		made := slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(key, b) })
		if !made && !use.texts[key] {
			t.Errorf("nothing says %q", key)
		}
	}
}

// usage is what templates and code mention.
type usage struct {
	needed map[string]string // key → where it is asked for
	texts  map[string]bool   // every literal, to find keys that are made or passed on
}

func (u *usage) readTemplates(t *testing.T) {
	t.Helper()
	u.walk(t, filepath.Join(root, "templates"), []string{".html", ".txt"}, func(name, content string) {
		for _, found := range templateKey.FindAllStringSubmatch(content, -1) {
			u.needed[found[1]] = name
			u.texts[found[1]] = true
		}
		for _, found := range templateText.FindAllStringSubmatch(content, -1) {
			u.texts[found[1]] = true
		}
	})
	for key := range u.needed {
		if strings.HasSuffix(key, ".") {
			delete(u.needed, key) // the beginning of one
		}
	}
}

func (u *usage) readGo(t *testing.T) {
	t.Helper()
	u.walk(t, root, []string{".go"}, func(name, content string) {
		if strings.HasSuffix(name, "_test.go") {
			return
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, content, parser.SkipObjectResolution)
		if err != nil {
			t.Fatalf("parse %s: %v", name, err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if text, ok := literal(n); ok {
					u.texts[text] = true
				}
			case *ast.CallExpr:
				if text, ok := keyOf(n); ok {
					u.needed[text] = name
				}
			}
			return true
		})
	})
}

// keyOf finds the key in i18n.M("key"), locale.T("key"), problem.New(code, "key"), problem.Wrap(code, "key", err) and
// problem.InvalidField(name, "key").
func keyOf(call *ast.CallExpr) (string, bool) {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return "", false
	}
	at := 0
	pkg, _ := selector.X.(*ast.Ident)
	switch {
	case pkg != nil && pkg.Name == "i18n" && selector.Sel.Name == "M", selector.Sel.Name == "T":
	case pkg != nil && pkg.Name == "problem" && slices.Contains([]string{"New", "Wrap", "InvalidField"}, selector.Sel.Name):
		at = 1
	default:
		return "", false
	}
	if len(call.Args) <= at {
		return "", false
	}
	return literal(call.Args[at])
}

func literal(n ast.Expr) (string, bool) {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

func (u *usage) walk(t *testing.T, from string, extensions []string, read func(name, content string)) {
	t.Helper()
	err := filepath.WalkDir(from, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if strings.HasPrefix(entry.Name(), ".") && entry.Name() != ".." && name != from {
				return filepath.SkipDir
			}
			return nil
		}
		if !slices.Contains(extensions, filepath.Ext(name)) {
			return nil
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		read(name, string(content))
		return nil
	})
	if err != nil {
		t.Fatalf("read %s: %v", from, err)
	}
}
