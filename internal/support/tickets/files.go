package tickets

import (
	"context"
	"fmt"
	"net/http"
	"path"
	"strings"

	"nichoir/internal/problem"
	"nichoir/internal/typed"
)

// fileNameMax is how long the name of a file may be, in characters.
const fileNameMax = 120

// checkFiles cleans the names, sniffs the types, and says what is wrong with the whole. No type is refused: files are kept and
// handed on, never opened or shown here.
func checkFiles(files []File) ([]File, []problem.Field) {
	if len(files) > FilesMax {
		return nil, []problem.Field{{Name: FieldFiles, Key: "problem.files_many", Args: map[string]any{"max": FilesMax}}}
	}
	out := make([]File, 0, len(files))
	for _, f := range files {
		name := fileName(f.Name)
		if len(f.Content) > FileMax {
			return nil, []problem.Field{{
				Name: FieldFiles, Key: "problem.file_large", Args: map[string]any{"name": name, "max": FileMax >> 20},
			}}
		}
		content := f.Content
		if content == nil {
			content = []byte{} // an empty file is one
		}
		out = append(out, File{Name: name, Type: http.DetectContentType(content), Size: int64(len(content)), Content: content})
	}
	return out, nil
}

// fileName is a name without the folders that it came from and without what hides its end. It keeps its extension when it is
// cut: people choose by it what to open it with.
func fileName(name string) string {
	name = typed.Line(name)
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Trim(name, ". ")
	if name == "" {
		return "file"
	}
	r := []rune(name)
	if len(r) <= fileNameMax {
		return name
	}
	ext := []rune(path.Ext(name))
	if len(ext) > fileNameMax/2 {
		ext = nil
	}
	return string(r[:fileNameMax-len(ext)]) + string(ext)
}

// attach keeps the files of a message.
func attach(ctx context.Context, tx Tx, line int64, files []File) error {
	for _, f := range files {
		if err := tx.InsertTicketFile(ctx, line, f); err != nil {
			return fmt.Errorf("keep a file: %w", err)
		}
	}
	return nil
}
