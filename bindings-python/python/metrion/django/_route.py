"""The routes of Django, for metrics of its requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import conf  # type: ignore[import-untyped]
from django.urls import Resolver404, resolve  # type: ignore[import-untyped]
from django.utils.translation import (  # type: ignore[import-untyped]
    get_language_from_path,
    override,
)

from metrion._http import UNMATCHED
from metrion.wsgi import path_of

__all__ = ("route_of",)


def route_of(request: Mapping[str, Any]) -> str:
    """The route that the request of a WSGI environ or of an ASGI scope takes in the project's
    `ROOT_URLCONF`, or `unmatched`. URL configurations that a middleware chooses are not seen."""
    if "PATH_INFO" in request:
        path = path_of(request)
    else:
        path = request["path"].removeprefix(request.get("root_path", ""))
    try:
        return _resolve(path)
    except Resolver404:
        pass
    # The patterns may be those of a language, which no middleware has set yet.
    with override(get_language_from_path(path) or conf.settings.LANGUAGE_CODE):
        try:
            return _resolve(path)
        except Resolver404:
            return UNMATCHED


def _resolve(path: str) -> str:
    return f"/{resolve(path).route}"
