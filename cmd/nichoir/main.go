// Command nichoir makes spaces for associations on Nextcloud servers. Everything is in internal/app.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"nichoir/internal/app"
)

func main() { os.Exit(run()) }

// run ends before the process does, so that what is deferred takes place.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	return app.Execute(ctx, app.Terminal{Args: os.Args[1:], Environ: os.Environ(), In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
}
