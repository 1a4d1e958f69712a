package workers

import (
	"fmt"
	"log/slog"
)

// asynqLog writes asynq's own lines to our log.
type asynqLog struct{ log *slog.Logger }

// Debug implements asynq.Logger.
func (l asynqLog) Debug(args ...any) { l.log.Debug(fmt.Sprint(args...)) }

// Info implements asynq.Logger.
func (l asynqLog) Info(args ...any) { l.log.Info(fmt.Sprint(args...)) }

// Warn implements asynq.Logger.
func (l asynqLog) Warn(args ...any) { l.log.Warn(fmt.Sprint(args...)) }

// Error implements asynq.Logger.
func (l asynqLog) Error(args ...any) { l.log.Error(fmt.Sprint(args...)) }

// Fatal implements asynq.Logger. It does not end the process: who runs the
// service decides that.
func (l asynqLog) Fatal(args ...any) { l.log.Error(fmt.Sprint(args...)) }
