package queue

import (
	"context"
	"errors"
	"fmt"
)

// Tend is a service's part of the schedule "support": it does what is due and returns how much that was.
type Tend struct {
	Name string // "directory"
	Do   func(ctx context.Context) (int, error)
}

// support lets each service do what is due. One that fails holds up no other.
func (q *Queue) support(ctx context.Context) error {
	var errs []error
	for _, t := range q.opts.Tends {
		if _, err := t.Do(ctx); err != nil {
			errs = append(errs, fmt.Errorf("tend %s: %w", t.Name, err))
		}
	}
	return errors.Join(errs...)
}
