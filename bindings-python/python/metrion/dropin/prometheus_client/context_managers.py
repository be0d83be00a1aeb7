"""Context managers that are decorators, too: those of `metrion.context_managers`."""

from metrion.context_managers import ExceptionCounter, InprogressTracker, Timer

__all__ = ("ExceptionCounter", "InprogressTracker", "Timer")
