"""Decorators that keep the signature of what they decorate."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Any, NamedTuple

Function = Callable[..., Any]


class ArgSpec(NamedTuple):
    """The arguments of a function."""

    args: list[str]
    varargs: str | None
    varkw: str | None
    defaults: tuple[Any, ...] | None


def getargspec(f: Function) -> ArgSpec:
    """The arguments of a function, or of the one that it decorates."""
    parameters = signature(f).parameters.values()
    plain = [
        parameter
        for parameter in parameters
        if parameter.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    ]
    defaults = tuple(p.default for p in plain if p.default is not Parameter.empty)
    varargs = [p.name for p in parameters if p.kind is Parameter.VAR_POSITIONAL]
    varkw = [p.name for p in parameters if p.kind is Parameter.VAR_KEYWORD]
    return ArgSpec(
        [parameter.name for parameter in plain],
        next(iter(varargs), None),
        next(iter(varkw), None),
        defaults or None,
    )


def decorate(func: Function, caller: Function) -> Function:
    """`func`, called as `caller(func, *args, **kwargs)`."""

    @wraps(func)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        return caller(func, *args, **kwargs)

    return decorated


def decorator(caller: Function, _func: Function | None = None) -> Function:
    """Makes a decorator of `caller(func, *args, **kwargs)`."""
    if _func is not None:
        return decorate(_func, caller)
    return lambda func: decorate(func, caller)
