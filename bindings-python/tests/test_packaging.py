"""What the installed package says of itself."""

from importlib.metadata import distribution

import metrion
from packaging.tags import cpython_tags, parse_tag

package = distribution("metrion")
wheel = package.read_text("WHEEL") or ""
tags = {
    tag
    for line in wheel.splitlines()
    if line.startswith("Tag: ")
    for tag in parse_tag(line.removeprefix("Tag: "))
}


def test_version() -> None:
    assert package.version == metrion.__version__


def test_one_wheel_for_all_versions_from_the_oldest_on() -> None:
    assert {(tag.interpreter, tag.abi) for tag in tags} == {("cp310", "abi3")}
    assert package.metadata["Requires-Python"] == ">=3.10"


def test_free_threaded_python_is_not_claimed() -> None:
    classifiers = package.metadata.get_all("Classifier") or []
    assert "Programming Language :: Python :: 3.10" in classifiers
    assert [c for c in classifiers if "Free Threading" in c] == []


def test_free_threaded_python_does_not_take_the_wheel() -> None:
    platforms = sorted({tag.platform for tag in tags})
    usual = set(cpython_tags((3, 13), ["cp313"], platforms))
    free_threaded = set(cpython_tags((3, 13), ["cp313t"], platforms))
    assert tags <= usual
    assert tags.isdisjoint(free_threaded)
