"""Metrics keep their numbers in the core. These are views, for what reads `_value` and the like."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from metrion.samples import Exemplar

__all__ = (
    "MultiProcessValue",
    "MutexValue",
    "ValueClass",
    "close_all_multiprocess_files",
    "get_value_class",
)


class MutexValue:
    """A number of a metric."""

    _multiprocess = False

    def __init__(
        self,
        get: Callable[[], float],
        inc: Callable[[float], object],
        set: Callable[[float], object],
        get_exemplar: Callable[[], Exemplar | None] = lambda: None,
    ) -> None:
        self._get = get
        self._inc = inc
        self._set = set
        self._get_exemplar = get_exemplar

    def get(self) -> float:
        """The number."""
        return self._get()

    def inc(self, amount: float) -> None:
        """Adds to it."""
        self._inc(amount)

    def set(self, value: float, timestamp: float | None = None) -> None:
        """Sets it."""
        self._set(value)

    def get_exemplar(self) -> Exemplar | None:
        """An update that stands for others."""
        return self._get_exemplar()


def MultiProcessValue(process_identifier: Callable[[], Any] = os.getpid) -> type[MutexValue]:
    """The class of numbers that several processes have. Metrion has no use for it: there is one
    process for now."""
    return MutexValue


def get_value_class() -> type[MutexValue]:
    """The class of numbers that the environment asks for."""
    return MutexValue


def close_all_multiprocess_files() -> None:
    """Does nothing: there are no such files."""


ValueClass = get_value_class()
