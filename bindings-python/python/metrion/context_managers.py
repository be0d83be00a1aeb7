"""Context managers that are decorators, too."""

from __future__ import annotations

from typing import Any

from metrion import _helpers

__all__ = ("ExceptionCounter", "InprogressTracker", "Timer")

Timer = _helpers.Timer


class ExceptionCounter(_helpers.ExceptionCounter):
    """Counts the exceptions of a class that leave a block."""

    def __init__(
        self, counter: Any, exception: type[BaseException] | tuple[type[BaseException], ...]
    ) -> None:
        super().__init__(counter.inc, exception)


class InprogressTracker(_helpers.InprogressTracker):
    """Counts a block while it runs."""

    def __init__(self, gauge: Any) -> None:
        super().__init__(gauge.inc, gauge.dec)
