"""Labels of HTTP requests that their users choose."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

# As WSGI has them, and as ASGI has them.
RawHeaders = Iterable["tuple[str, str] | tuple[bytes, bytes]"]


class Headers(Mapping[str, str]):
    """Headers by name, in whatever case; the values of equal names are joined by a comma."""

    def __init__(self, pairs: RawHeaders) -> None:
        self._values: dict[str, str] = {}
        for raw_name, raw_value in pairs:
            name, value = _text(raw_name).lower(), _text(raw_value)
            earlier = self._values.get(name)
            self._values[name] = value if earlier is None else f"{earlier}, {value}"

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def _text(raw: str | bytes) -> str:
    return raw if isinstance(raw, str) else raw.decode("latin-1")


class Response(NamedTuple):
    """What a label function sees of a response: its status (499 and 500 also when none was sent)
    and its headers."""

    status: int
    headers: Mapping[str, str]


# Gives the value of a label from the framework's request and the response. None is no value.
LabelFunction = Callable[[Any, Response], object]


def request_header(name: str, *, allowed: Collection[str], default: str = "") -> LabelFunction:
    """A label that takes its value from a header of the request.

    Clients choose headers, so only the `allowed` values become one; all others are `default`.

    >>> from types import SimpleNamespace
    >>> label = request_header("X-Plan", allowed=("free", "paid"), default="other")
    >>> request = SimpleNamespace(headers=Headers([("x-plan", "made up")]))
    >>> label(request, Response(200, {}))
    'other'
    """

    def label(request: Any, response: Response) -> str:
        value = request.headers.get(name, default)
        return value if value in allowed else default

    return label


def response_header(
    name: str, *, allowed: Collection[str] | None = None, default: str = ""
) -> LabelFunction:
    """A label that takes its value from a header of the response; with `allowed` only these.

    >>> label = response_header("X-Cache", allowed=("hit", "miss"))
    >>> label(None, Response(200, Headers([("x-cache", "hit")])))
    'hit'
    """

    def label(request: Any, response: Response) -> str:
        value = response.headers.get(name, default)
        return value if allowed is None or value in allowed else default

    return label
