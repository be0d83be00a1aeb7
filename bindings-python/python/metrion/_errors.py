"""The exceptions. Each also derives from what `prometheus_client` raises in its place."""

from __future__ import annotations


class MetrionError(ValueError):
    """Every error of Metrion. `code` is the same short text in every language."""

    code: str

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> tuple[type[MetrionError], tuple[str, str]]:
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
