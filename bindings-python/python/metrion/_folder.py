"""Registries in folders, as prometheus_client has its files for several processes."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metrion._metrion import (
    REGISTRY,
    CollectorRegistry,
    end_process,
    register_with_first_use,
    set_process_number,
    stands_for_folder,
)

if TYPE_CHECKING:
    from metrion.metrics_core import Collector

IS_DEFAULT: bool = stands_for_folder()
"""Whether `REGISTRY` is the one in the folder of the environment, as it was at the import."""

Identify = Callable[[], object]
"""Says by which number a process is known: that of a worker, which the next process gets that works
in its stead."""


@dataclass
class _Numbered:
    """A registry in which this process is known by a number that it chose."""

    path: str
    number: object
    registry: CollectorRegistry
    identify: Identify

    def number_anew(self) -> None:
        """Without a number that the registry can keep, it is that of the process."""
        self.number = self.identify()
        if isinstance(self.number, int) and 0 <= self.number < 1 << 32:
            set_process_number(self.registry, self.number)


_registries: dict[tuple[str, object], CollectorRegistry] = {}
_numbered: list[_Numbered] = []


def folder_of_environment() -> str | None:
    """The folder in the environment variable `PROMETHEUS_MULTIPROC_DIR`."""
    old, new = "prometheus_multiproc_dir", "PROMETHEUS_MULTIPROC_DIR"
    if old in os.environ and new not in os.environ:
        os.environ[new] = os.environ[old]
        warnings.warn(
            f"{old} variable has been deprecated in favor of the upper case naming {new}",
            DeprecationWarning,
            stacklevel=3,
        )
    return os.environ.get(new)


def registry_in(folder: str, identify: Identify = os.getpid) -> CollectorRegistry:
    """The registry that processes have together in a folder. Where `identify` gives several numbers
    in one process, that is several of them: each has a registry of its own, and they are to each
    other as processes are."""
    path = _file_in(folder)
    is_usual = identify is os.getpid
    key = path, None if is_usual else identify()
    registry = _registries.get(key)
    if registry is None:
        # All names and clocks that metrics of prometheus_client may have; and there is nobody who
        # could say what to do with a file of another version.
        registry = CollectorRegistry(
            utf8_names=True, python_time=True, shared=path, move_damaged_aside=True
        )
        _registries[key] = registry
        if not is_usual:
            _numbered.append(_Numbered(path, key[1], registry, identify))
            _numbered[-1].number_anew()
    return registry


def forget_registries() -> None:
    """Lets go of what `registry_in` gave: metrics that have one keep it."""
    _registries.clear()


def end_numbered(folder: str, number: object) -> None:
    """Ends what a process of this number said of itself, if it is this one."""
    path = _file_in(folder)
    for own in [own for own in _numbered if (own.path, own.number) == (path, number)]:
        end_process(own.registry)
        _numbered.remove(own)


def _number_child() -> None:
    """A child that was forked has its parent's metrics, but is another process."""
    for own in _numbered:
        own.number_anew()
    _registries.update({(own.path, own.number): own.registry for own in _numbered})


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_number_child)


def _file_in(folder: str) -> str:
    return os.path.join(os.path.realpath(folder), "metrion.registry")


def show_of_process(collector: Collector) -> None:
    """Shows metrics of the process itself in the default registry, but not in a page that processes
    make together, as that of prometheus_client has none."""
    if not IS_DEFAULT:
        register_with_first_use(REGISTRY, collector)
