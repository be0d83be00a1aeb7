"""The exceptions. Each also derives from what `prometheus_client` raises in its place."""

from __future__ import annotations

from typing import Any


class MetrionError(ValueError):
    """Every error of Metrion. `code` is the same short text in every language."""

    code: str

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> tuple[type[MetrionError], tuple[Any, ...]]:
        return type(self), (self.code, str(self.args[0]))


class MetrionKeyError(MetrionError, KeyError):
    """Something was named that is not there (`not_found`)."""

    def __str__(self) -> str:
        # KeyError shows the repr of its argument.
        return str(self.args[0])


class MetrionTypeError(MetrionError, TypeError):
    """A label value is no text and has none (`invalid_label_value`)."""


class MetrionOSError(MetrionError, OSError):
    """The operating system refused (`address_in_use`, `io`)."""


class MetrionFileNotFoundError(MetrionOSError, FileNotFoundError):
    """A file, or the folder that it is to be in, is not there (`io`)."""


class MetrionPermissionError(MetrionOSError, PermissionError):
    """A file or a folder may not be used (`io`)."""


class MetrionIsADirectoryError(MetrionOSError, IsADirectoryError):
    """A folder was named where a file is to be (`io`)."""


class MetrionNotADirectoryError(MetrionOSError, NotADirectoryError):
    """A file was named where a folder is to be (`io`)."""


class MetrionConnectionRefusedError(MetrionOSError, ConnectionRefusedError):
    """Nobody listens at an address (`io`)."""


class MetrionConnectionResetError(MetrionOSError, ConnectionResetError):
    """Who was listening hung up (`io`)."""


class MetrionBrokenPipeError(MetrionOSError, BrokenPipeError):
    """Who was listening had hung up already (`io`)."""


class MetrionTimeoutError(MetrionOSError, TimeoutError):
    """Something took too long (`io`)."""


class DuplicateTimeseries(MetrionError):
    """A metric of that name is there already, with another schema (`metric_exists`)."""
