package config

import (
	"fmt"
	"io"
	"reflect"
	"strings"
	"text/tabwriter"
)

// Variable documents one setting.
type Variable struct {
	Name     string // NICHOIR_LISTEN
	Default  string
	Help     string
	Example  string
	Required bool // by serve
	File     bool // may be given as NAME_FILE

	field string
}

// Variables lists the settings in the order of Config.
func Variables() []Variable {
	var vars []Variable
	eachField(reflect.ValueOf(&Config{}).Elem(), prefix, func(name string, field reflect.StructField, _ reflect.Value) {
		vars = append(vars, Variable{
			Name:     name,
			Default:  field.Tag.Get("envDefault"),
			Help:     field.Tag.Get("help"),
			Example:  field.Tag.Get("example"),
			Required: field.Tag.Get("required") == "true",
			File:     field.Tag.Get("file") == "true",
			field:    field.Name,
		})
	})
	return vars
}

// eachField visits every setting below a struct, with the full name of its variable.
func eachField(group reflect.Value, prefix string, visit func(name string, field reflect.StructField, value reflect.Value)) {
	for field, value := range group.Fields() {
		if inner, ok := field.Tag.Lookup("envPrefix"); ok {
			eachField(value, prefix+inner, visit)
			continue
		}
		visit(prefix+field.Tag.Get("env"), field, value)
	}
}

// WriteHelp prints the settings for a terminal.
func WriteHelp(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, v := range Variables() {
		fmt.Fprintf(table, "  %s\t%s\t%s\n", v.Name, v.state(), v.Help)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print the settings: %w", err)
	}
	_, err := fmt.Fprintf(w, "\n  Secrets may stand in a file instead: %s.\n", strings.Join(fromFiles(), ", "))
	if err != nil {
		return fmt.Errorf("print the settings: %w", err)
	}
	return nil
}

// WriteMarkdown prints the settings as the table of the documentation.
func WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString("| variable | default | meaning |\n| --- | --- | --- |\n")
	for _, v := range Variables() {
		state := v.state()
		if v.Default != "" {
			state = "`" + v.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", v.Name, state, v.Help)
	}
	fmt.Fprintf(&b, "\nSecrets may stand in a file instead, named by `%s`. An unknown\n`NICHOIR_` variable stops the start: it would be a typing mistake.\n",
		strings.Join(fromFiles(), "`, `"))
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("print the settings: %w", err)
	}
	return nil
}

// WriteEnvExample prints a file for systemd's EnvironmentFile and for the
// shell: what is required to be filled in, the rest commented out with its
// default. What a shell would read otherwise stands in single quotes, which
// both take off.
func WriteEnvExample(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# Nichoir's settings. Made from internal/config: go test ./internal/config -update\n" +
		"# systemd and the shell read this file: a value with a blank or one of < > & ; * $ # stands in single quotes.\n")
	for _, v := range Variables() {
		b.WriteString("\n# " + v.Help + ".\n")
		if v.Example != "" {
			b.WriteString("# For example: " + quoted(v.Example) + "\n")
		}
		if v.File {
			b.WriteString("# Or the path of a file that holds it: " + v.Name + fileSuffix + "=\n")
		}
		if !v.Required {
			b.WriteString("#")
		}
		b.WriteString(v.Name + "=" + quoted(v.Default) + "\n")
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("print the settings: %w", err)
	}
	return nil
}

// quoted is a value as an env file has to spell it. Examples that are words
// about the value ("the output of: …", "json or text") are read by people alone.
func quoted(value string) string {
	if strings.ContainsAny(value, "<>&;*$#") {
		return "'" + value + "'"
	}
	return value
}

func (v Variable) state() string {
	switch {
	case v.Required:
		return "required"
	case v.Default == "":
		return "none"
	default:
		return v.Default
	}
}

func fromFiles() []string {
	var names []string
	for _, v := range Variables() {
		if v.File {
			names = append(names, v.Name+fileSuffix)
		}
	}
	return names
}
