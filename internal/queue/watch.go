package queue

import (
	"context"
	"errors"
	"log/slog"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// watcher stands around every job: it turns an interruption into a snooze, counts how jobs end, and logs a failure once.
type watcher struct {
	river.MiddlewareDefaults

	log     *slog.Logger
	metrics Metrics
}

// Work implements rivertype.WorkerMiddleware.
func (w *watcher) Work(ctx context.Context, job *rivertype.JobRow, inner func(context.Context) error) error {
	err := inner(ctx)
	var snooze *rivertype.JobSnoozeError
	switch {
	case err == nil:
		w.metrics.Job(job.Kind, "done")
	case errors.As(err, &snooze):
		w.metrics.Job(job.Kind, "waited")
	case errors.Is(ctx.Err(), context.Canceled):
		// We are told to stop: whatever the worker made of it is no failure, and no attempt.
		w.metrics.Job(job.Kind, "interrupted")
		return river.JobSnooze(0)
	default:
		w.metrics.Job(job.Kind, "failed")
	}
	return err
}

// HandleError implements river.ErrorHandler. Our errors carry no personal data; the job's arguments are ids.
func (w *watcher) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	w.log.ErrorContext(ctx, "a job failed", "job_id", job.ID, "kind", job.Kind, "attempt", job.Attempt, "err", err)
	return nil
}

// HandlePanic implements river.ErrorHandler.
func (w *watcher) HandlePanic(ctx context.Context, job *rivertype.JobRow, cause any, trace string) *river.ErrorHandlerResult {
	w.metrics.Job(job.Kind, "panicked")
	w.log.ErrorContext(ctx, "a job panicked", "job_id", job.ID, "kind", job.Kind, "attempt", job.Attempt, "cause", cause, "stack", trace)
	return nil
}

// warnings lets River's own log through from warnings on: what becomes of jobs is the watcher's to tell.
type warnings struct{ slog.Handler }

// Enabled implements slog.Handler.
func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }
