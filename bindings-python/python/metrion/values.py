"""Metrics keep their numbers in the core. These are views, for what reads `_value` and the like."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from metrion._folder import folder_of_environment, forget_registries, registry_in
from metrion._metrion import CollectorRegistry
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

    @staticmethod
    def _registry() -> CollectorRegistry | None:
        """Where metrics keep such numbers, if it is one place for all registries."""
        return None

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
    """The class of numbers that several processes have together in the folder of the environment
    variable `PROMETHEUS_MULTIPROC_DIR`. Another function than `os.getpid` gives the number of the
    process for the label `pid`, such as that of a worker; it is asked when a metric is made, and by
    a child that was forked. It is for metrics of `metrion.dropin`."""

    def registry() -> CollectorRegistry | None:
        folder = folder_of_environment()
        if folder is None:
            return None
        return registry_in(folder, process_identifier)

    parts = {"_multiprocess": True, "_registry": staticmethod(registry)}
    return type("MultiProcessValue", (MutexValue,), parts)


def get_value_class() -> type[MutexValue]:
    """The class of numbers that the environment asks for."""
    names = ("PROMETHEUS_MULTIPROC_DIR", "prometheus_multiproc_dir")
    return MultiProcessValue() if any(name in os.environ for name in names) else MutexValue


def close_all_multiprocess_files() -> None:
    """Begins anew: metrics that are made from now on open the file of their folder again. Those
    that are there keep it."""
    forget_registries()


ValueClass = get_value_class()
