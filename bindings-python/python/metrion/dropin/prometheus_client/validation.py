"""Which names are allowed: any text, or, with legacy validation, only classic names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping

from metrion._metrion import is_classic_name

_legacy_validation = os.environ.get("PROMETHEUS_LEGACY_NAME_VALIDATION", "").lower() in (
    "true",
    "1",
    "t",
)
# Called with what the setting is now, whenever it changes.
_listeners: list[Callable[[bool], None]] = []


def get_legacy_validation() -> bool:
    """Whether only classic names are allowed."""
    return _legacy_validation


def enable_legacy_validation() -> None:
    """Allows only classic names."""
    _set(True)


def disable_legacy_validation() -> None:
    """Allows names of any text."""
    _set(False)


def on_change(listener: Callable[[bool], None]) -> None:
    """Calls `listener` now and whenever the setting changes."""
    _listeners.append(listener)
    listener(_legacy_validation)


def _set(legacy: bool) -> None:
    global _legacy_validation
    _legacy_validation = legacy
    for listener in _listeners:
        listener(legacy)


def _validate_metric_name(name: str) -> None:
    if not name:
        raise ValueError("metric name cannot be empty")
    if _legacy_validation and not is_classic_name(name, False):
        raise ValueError(f"invalid metric name {name}")


def _validate_labelname(name: str) -> None:
    if _legacy_validation and not is_classic_name(name, True):
        raise ValueError(f"Invalid label metric name: {name}")
    if name.startswith("__"):
        raise ValueError(f"Reserved label metric name: {name}")


def _validate_labelnames(reserved: Iterable[str], names: Iterable[str]) -> tuple[str, ...]:
    names = tuple(names)
    for name in names:
        _validate_labelname(name)
        if name in reserved:
            raise ValueError(f"Reserved label metric name: {name}")
    return names


def _validate_exemplar(exemplar: Mapping[str, str]) -> None:
    for name in exemplar:
        _validate_labelname(name)
    length = sum(len(name) + len(value) for name, value in exemplar.items())
    if length > 128:
        raise ValueError(
            f"Exemplar labels have {length} UTF-8 characters, exceeding the limit of 128"
        )


def _is_valid_legacy_metric_name(name: str) -> bool:
    return is_classic_name(name, False)


def _is_valid_legacy_labelname(name: str) -> bool:
    return is_classic_name(name, True) and not name.startswith("__")
