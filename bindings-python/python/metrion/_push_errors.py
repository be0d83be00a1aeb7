"""How pushing to a Pushgateway fails.

Apart from the other exceptions, because these derive from those of `urllib`, which take time to
import and which only a push that fails needs.
"""

from __future__ import annotations

from http.client import responses
from io import BytesIO
from typing import Any
from urllib.error import HTTPError, URLError

from metrion._errors import MetrionOSError

__all__ = ("PushError", "PushRefused", "PushTimeout")


class PushError(MetrionOSError, URLError):
    """The gateway was not reached, or did not answer (`io`). It is a `URLError`, as that is what
    `urllib`, with which prometheus_client pushes, raises there.

    >>> from metrion import CollectorRegistry, push_to_gateway
    >>> from metrion.exposition import PushError
    >>> try:
    ...     push_to_gateway("127.0.0.1:1", "backup", CollectorRegistry())
    ... except PushError as error:
    ...     print(error.code)
    io
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.reason = message

    def __str__(self) -> str:
        return str(self.reason)


class PushTimeout(PushError, TimeoutError):
    """The gateway took too long (`io`)."""


class PushRefused(MetrionOSError, HTTPError):  # type: ignore[misc]  # `code`, as it says
    """The gateway answered, and the answer was no success (`io`).

    It is an `HTTPError`, as prometheus_client raises there: `status`, `reason`, `url` and `read()`
    say what the answer was. But `code` is Metrion's, as on every error of Metrion, where `urllib`
    has the number of the status: that is `status` in both.
    """

    status: int = 0  # there a property that shows `code`

    def __init__(self, message: str, url: str, status: int, body: str) -> None:
        MetrionOSError.__init__(self, "io", message)
        phrase = responses.get(status, "")
        HTTPError.__init__(self, url, status, phrase, None, BytesIO(body.encode()))  # type: ignore[arg-type]
        self.code = "io"
        self.message = message
        self.status = status  # pyright: ignore[reportIncompatibleMethodOverride]
        self.body = body

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[type[PushRefused], tuple[Any, ...]]:
        return type(self), (self.message, self.url, self.status, self.body)
