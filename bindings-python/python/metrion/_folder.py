"""Registries in folders, as prometheus_client has its files for several processes."""

from __future__ import annotations

import os
import warnings

from metrion._metrion import REGISTRY, CollectorRegistry, stands_for_folder

IS_DEFAULT: bool = stands_for_folder()
"""Whether `REGISTRY` is the one in the folder of the environment, as it was at the import."""

_registries: dict[tuple[str, object], CollectorRegistry] = {}


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


def registry_in(folder: str, process: object = None) -> CollectorRegistry:
    """The registry that processes have together in a folder. For tests that are several processes
    in one: each `process` has one of its own, which are to each other as processes are."""
    path = os.path.join(os.path.realpath(folder), "metrion.registry")
    registry = _registries.get((path, process))
    if registry is None:
        # All names and clocks that metrics of prometheus_client may have; and there is nobody who
        # could say what to do with a file of another version.
        registry = CollectorRegistry(
            utf8_names=True, python_time=True, shared=path, move_damaged_aside=True
        )
        _registries[path, process] = registry
    return registry


def forget_registries() -> None:
    """Lets go of what `registry_in` gave: metrics that have one keep it."""
    _registries.clear()


def registry_of_process() -> CollectorRegistry | None:
    """Where metrics of the process itself show: not in a page that processes make together, as
    that of prometheus_client has none."""
    return None if IS_DEFAULT else REGISTRY
