package app

import (
	"runtime"

	"github.com/spf13/cobra"
)

func versionCommand(t Terminal) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Tell the version of this program",
		Long:    "Tell the version of this program, as its build recorded it, and that of Go.",
		Example: "  nichoir version",
		Args:    exactly(),
		Run: func(*cobra.Command, []string) {
			tellf(t.Out, "nichoir %s (%s %s/%s)\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
		},
	}
}
