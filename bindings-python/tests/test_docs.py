"""The docstrings: every public name has one, what they show is true, and the signatures that Python
shows of native functions are those of the stubs."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import metrion
import metrion._metrion
import pytest
from metrion.metrics import MetricWrapperBase

# Classes and functions that need no example of their own, and why.
WITHOUT_EXAMPLE = {
    "metrion.Exemplar": "PlacedExemplar shows one",
    "metrion.FamilyCardinality": "CollectorRegistry.cardinality shows one",
    "metrion.LabelCardinality": "CardinalityReport shows one",
    "metrion.MetricsHandler": "a handler of http.server, whose documentation shows how one serves",
    "metrion.RestrictedRegistry": "CollectorRegistry.restricted_registry makes one",
    "metrion.aiohttp.make_aiohttp_handler": "it needs a running loop; make_asgi_app shows the like",
    "metrion.asgi.HttpOptions": "MetricsMiddleware and fastapi.instrument show them",
    "metrion.asgi.Request": "MetricsMiddleware makes one",
    "metrion.asgi.Response": "fastapi.instrument shows one",
    "metrion.context_managers.ExceptionCounter": "Counter.count_exceptions shows one",
    "metrion.context_managers.InprogressTracker": "Gauge.track_inprogress shows one",
    "metrion.core.BucketSpan": "a part of a NativeHistogram",
    "metrion.core.Exemplar": "three plain values",
    "metrion.core.NativeHistogram": "as a registry's collect() gives it; few make one",
    "metrion.django.PrometheusDjangoView": "it needs a project",
    "metrion.django.route_of": "it needs a project; its module shows the settings",
    "metrion.exposition.PushRefused": "it needs a gateway that refuses",
    "metrion.exposition.PushTimeout": "it needs a gateway that hangs",
    "metrion.exposition.basic_auth_handler": "push_to_gateway shows where a handler goes",
    "metrion.exposition.default_handler": "push_to_gateway shows where a handler goes",
    "metrion.exposition.passthrough_redirect_handler": "push_to_gateway shows where a handler goes",
    "metrion.exposition.tls_auth_handler": "push_to_gateway shows where a handler goes",
    "metrion.instance_ip_grouping_key": "what it gives is another on each machine",
    "metrion.multiprocess.mark_process_dead": "nobody needs it",
    "metrion.testing.Finding": "lint shows one",
    "metrion.testing.fixtures.isolated_registry": "pytest calls it; isolated shows what it does",
    "metrion.testing.fixtures.metrion_registry": "pytest calls it",
    "metrion.twisted.MetricsResource": "it needs a reactor",
    "metrion.values.MultiProcessValue": "for programs that read how prometheus_client works",
    "metrion.values.MutexValue": "for programs that read how prometheus_client works",
    "metrion.values.close_all_multiprocess_files": "it does nothing",
    "metrion.values.get_value_class": "for programs that read how prometheus_client works",
    "metrion.wsgi.Request": "MetricsMiddleware makes one",
}


def modules() -> Iterator[ModuleType]:
    """The modules of the package. The drop-in is none of them: its names are the original's, and to
    import it would put it in the place of the original, which other tests need."""
    yield metrion
    yield from submodules(metrion)


def submodules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if found.name != "metrion.dropin":
            module = importlib.import_module(found.name)
            yield module
            if found.ispkg:
                yield from submodules(module)


def is_private(name: str) -> bool:
    return any(part.startswith("_") for part in name.split("."))


def is_documented_kind(value: object) -> bool:
    return inspect.isclass(value) or inspect.isroutine(value)


def public_objects() -> dict[str, Any]:
    """Classes and functions, by the shortest name of each."""
    names = sorted(public_names().items(), key=lambda item: (len(item[0]), item[0]))
    first: dict[int, str] = {}
    for name, value in names:
        first.setdefault(id(value), name)
    return {name: value for name, value in names if first[id(value)] == name}


def public_names() -> dict[str, Any]:
    """Classes and functions, by the names under which programs import them."""
    return {
        f"{module.__name__}.{name}": getattr(module, name)
        for module in modules()
        if not is_private(module.__name__)
        for name in module.__all__
        if is_documented_kind(getattr(module, name))
    }


def members(owner: type) -> Iterator[tuple[str, Any]]:
    """The methods and properties that a class has itself."""
    for name, value in vars(owner).items():
        is_property = isinstance(value, property) or inspect.isgetsetdescriptor(value)
        if is_property or inspect.isroutine(value):
            yield name, value


def docstrings() -> dict[str, str]:
    """All docstrings of the package that have examples, by what they belong to."""
    found: dict[str, Any] = {}
    for module in modules():
        found[module.__name__] = module
        for name, value in vars(module).items():
            origin = getattr(value, "__module__", None) or ""
            if not is_documented_kind(value) or not origin.startswith("metrion"):
                continue
            found[f"{origin}.{name}"] = value
            if inspect.isclass(value):
                found |= {f"{origin}.{name}.{member}": own for member, own in members(value)}
    texts = {name: value.__doc__ or "" for name, value in found.items()}
    return {name: text for name, text in texts.items() if ">>>" in text}


EXAMPLES = docstrings()


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples(name: str) -> None:
    module = next(m for m in reversed([*modules()]) if name.startswith(m.__name__))
    names = dict(vars(module))
    example = doctest.DocTestParser().get_doctest(EXAMPLES[name], names, name, None, None)
    results = doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL).run(example)
    assert results.attempted > 0
    assert results.failed == 0


def test_every_public_module_says_what_it_exports() -> None:
    public = [module for module in modules() if not is_private(module.__name__)]
    assert [m.__name__ for m in public if not m.__doc__ or not hasattr(m, "__all__")] == []


@pytest.mark.parametrize("name", public_names())
def test_every_public_name_has_a_docstring(name: str) -> None:
    value = public_names()[name]
    assert value.__doc__
    if inspect.isclass(value):
        # A data class without a docstring would get its signature as one.
        assert not value.__doc__.startswith(f"{value.__name__}(")
        assert [n for n, own in members(value) if not n.startswith("_") and not own.__doc__] == []


def undocumented(package: ModuleType) -> Iterator[str]:
    """What has no docstring in a package and its modules, but for private names."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if is_private(found.name):
            continue
        module = importlib.import_module(found.name)
        if not module.__doc__:
            yield found.name
        for name, value in vars(module).items():
            if not is_documented_kind(value) or value.__module__ != found.name:
                continue
            parts = {name: value}
            if inspect.isclass(value):
                parts |= {f"{name}.{member}": own for member, own in members(value)}
            for part, own in parts.items():
                if not is_private(part) and not own.__doc__:
                    yield f"{found.name}.{part}"


def test_the_dropin_has_docstrings() -> None:
    # In a process of its own: this one has the original.
    code = (
        "import metrion.dropin, prometheus_client, test_docs; "
        "print(*test_docs.undocumented(prometheus_client))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == []


def test_every_class_and_function_has_an_example() -> None:
    lacking = {name for name, value in public_objects().items() if ">>>" not in value.__doc__}
    assert lacking == WITHOUT_EXAMPLE.keys()


def stub_signatures() -> dict[str, ast.arguments]:
    """The parameters of functions, methods and constructors as the stubs have them."""
    path = Path(metrion.__file__).with_name("_metrion.pyi")
    found = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = node.args
        elif isinstance(node, ast.ClassDef):
            for own in node.body:
                if isinstance(own, ast.FunctionDef) and not own.decorator_list:
                    is_made = own.name in ("__init__", "__new__")
                    found[node.name if is_made else f"{node.name}.{own.name}"] = own.args
    return {name: args for name, args in found.items() if not name.endswith("__")}


def parameters(args: ast.arguments) -> list[str]:
    """The parameters as text, with their defaults."""

    def shown(name: str, default: ast.expr | None) -> str:
        # Stubs cannot say what is empty, or the default registry.
        text = "" if default is None else f"={ast.unparse(default)}"
        return name + text.replace("=()", "=...")

    positional = [arg.arg for arg in (*args.posonlyargs, *args.args)]
    required = [None] * (len(positional) - len(args.defaults))
    defaults = [*required, *args.defaults]
    all = [shown(*pair) for pair in zip(positional, defaults, strict=True)]
    if args.vararg or args.kwonlyargs:
        all.append(f"*{args.vararg.arg}" if args.vararg else "*")
    keywords = [arg.arg for arg in args.kwonlyargs]
    all += [shown(*pair) for pair in zip(keywords, args.kw_defaults, strict=True)]
    if args.kwarg:
        all.append(f"**{args.kwarg.arg}")
    return [name for name in all if name not in ("self", "cls")]


@pytest.mark.parametrize("name", stub_signatures())
def test_signatures(name: str) -> None:
    native: Any = metrion._metrion
    for part in name.split("."):
        native = getattr(native, part)
    signature = inspect.signature(native)
    assert signature.return_annotation is inspect.Signature.empty
    text = str(signature).replace("Ellipsis", "...")
    shown = ast.parse(f"def f{text}: ...").body[0]
    assert isinstance(shown, ast.FunctionDef)
    assert parameters(shown.args) == parameters(stub_signatures()[name])


def test_raw_methods_read_as_others_do() -> None:
    labels = metrion.Counter.labels
    assert str(inspect.signature(labels)) == "(self, /, *labelvalues, **labels)"
    assert inspect.getdoc(labels) == inspect.getdoc(MetricWrapperBase.labels)
    assert "label_mismatch" in (labels.__doc__ or "")
    assert str(inspect.signature(metrion.Counter.inc)) == "(self, /, amount=1.0, exemplar=None)"


def test_a_subclass_shows_the_same(registry: metrion.CollectorRegistry) -> None:
    class Own(metrion.Histogram):
        pass

    assert inspect.signature(Own.observe) == inspect.signature(metrion.Histogram.observe)
    assert Own.observe.__doc__ == metrion.Histogram.observe.__doc__
    assert Own("own", "Own.", registry=registry).observe.__doc__ == Own.observe.__doc__
