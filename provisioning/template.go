package provisioning

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"nichoir/nextcloud"
)

// templateRoot holds the template trees in the home of the service account.
const templateRoot = "/Nichoir"

// template is the tree of first documents in one language, under a path that carries the hash of all it holds.
type template struct {
	path  string
	dirs  []string // below path, parents first
	files map[string][]byte
}

func readTemplate(root fs.FS, lang string) (template, error) {
	t := template{files: map[string][]byte{}}
	sum := sha256.New()
	err := fs.WalkDir(root, lang, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if name == lang {
			return nil
		}
		rel := name[len(lang)+1:]
		if d.IsDir() {
			t.dirs = append(t.dirs, rel)
			return nil
		}
		body, err := fs.ReadFile(root, name)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		t.files[rel] = body
		fmt.Fprintf(sum, "%s %d\n", rel, len(body))
		sum.Write(body)
		return nil
	})
	if err != nil {
		return template{}, fmt.Errorf("read the template %s: %w", lang, err)
	}
	t.path = path.Join(templateRoot, "space-"+lang+"-"+hex.EncodeToString(sum.Sum(nil))[:12])
	return t, nil
}

// see reads the tree on the server and, with put, makes it whole. It can be repeated after any crash: what stands with the
// right size stays, and a whole tree is one whose every file was read back.
func (t template) see(ctx context.Context, api Server, put bool) (Level, error) {
	missing, err := t.missing(ctx, api)
	if err != nil || len(missing) == 0 {
		return LevelOK, err
	}
	if !put {
		return LevelTrouble, nil
	}
	for _, dir := range append([]string{templateRoot, t.path}, t.below()...) {
		// 405: it is there already (api.md, trap 13).
		if err := api.MakeDir(ctx, dir); err != nil && nextcloud.KindOf(err) != nextcloud.KindExists {
			return "", err
		}
	}
	for _, rel := range missing {
		body := t.files[rel]
		if err := api.Upload(ctx, path.Join(t.path, rel), bytes.NewReader(body), int64(len(body))); err != nil {
			return "", err
		}
	}
	if missing, err = t.missing(ctx, api); err != nil {
		return "", err
	}
	if len(missing) > 0 {
		return LevelTrouble, nil
	}
	return LevelFixed, nil
}

func (t template) below() []string {
	out := make([]string, len(t.dirs))
	for i, d := range t.dirs {
		out[i] = path.Join(t.path, d)
	}
	return out
}

// missing lists the files that are not on the server with their size.
func (t template) missing(ctx context.Context, api Server) ([]string, error) {
	have := map[string]int64{}
	for _, dir := range append([]string{t.path}, t.below()...) {
		entries, err := api.Properties(ctx, dir, 1)
		if nextcloud.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if !e.Dir {
				have[e.Path] = e.SizeBytes
			}
		}
	}
	var missing []string
	for rel, body := range t.files {
		if size, ok := have[path.Join(t.path, rel)]; !ok || size != int64(len(body)) {
			missing = append(missing, rel)
		}
	}
	slices.Sort(missing)
	return missing, nil
}
