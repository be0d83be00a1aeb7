"""Writing metrics to a file."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from metrion import CollectorRegistry, Gauge, MetrionError, generate_latest, write_to_textfile


@pytest.fixture
def filled() -> CollectorRegistry:
    registry = CollectorRegistry(utf8_names=True)
    Gauge("g.x", "G.", registry=registry).set(1)
    return registry


def test_a_file_is_written_and_replaced(filled: CollectorRegistry, tmp_path: Path) -> None:
    path = tmp_path / "m.prom"
    write_to_textfile(str(path), filled)
    assert path.read_bytes() == generate_latest(filled, "allow-utf-8")
    assert b'{"g.x"} 1' in path.read_bytes()
    with path.open("rb") as old:
        write_to_textfile(path, filled, escaping="underscores")
        # Who has it open reads on in the old one.
        assert b'{"g.x"} 1' in old.read()
    assert b"\ng_x 1\n" in path.read_bytes()
    other = tmp_path / "other"
    other.mkdir()
    write_to_textfile(path, filled, tmpdir=str(other))
    assert sorted(os.listdir(tmp_path)) == ["m.prom", "other"]
    assert os.listdir(other) == []


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


def test_its_mode_is_what_the_umask_leaves(
    filled: CollectorRegistry, tmp_path: Path, umask: None
) -> None:
    write_to_textfile(tmp_path / "m.prom", filled)
    assert stat.S_IMODE((tmp_path / "m.prom").stat().st_mode) == 0o640


def test_a_name_without_a_folder(
    filled: CollectorRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_to_textfile("m.prom", filled)
    assert os.listdir(tmp_path) == ["m.prom"]


def test_what_fails_leaves_nothing_behind(filled: CollectorRegistry, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "old.prom").write_text("old")
    cases: list[tuple[Path, dict[str, Any], type[OSError]]] = [
        (tmp_path / "missing" / "m.prom", {}, FileNotFoundError),
        (folder, {}, IsADirectoryError),
        (tmp_path / "file" / "m.prom", {}, NotADirectoryError),
        (tmp_path / "old.prom", {"tmpdir": tmp_path / "missing"}, FileNotFoundError),
    ]
    if os.path.exists("/proc/self"):
        # A folder that even root may not write to.
        cases.append((Path("/proc/self/m.prom"), {}, FileNotFoundError))
    for path, options, expected in cases:
        with pytest.raises(expected, match="cannot write") as failure:
            write_to_textfile(path, filled, **options)
        assert isinstance(failure.value, MetrionError)
        assert failure.value.code == "io"
        assert str(path) in str(failure.value)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder", "old.prom"]
    assert (tmp_path / "old.prom").read_text() == "old"
    assert os.listdir(folder) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_folder(filled: CollectorRegistry, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError):
        write_to_textfile(tmp_path / "m.prom", filled)


def test_a_wrong_escaping(filled: CollectorRegistry, tmp_path: Path) -> None:
    with pytest.raises(MetrionError) as failure:
        write_to_textfile(tmp_path / "m.prom", filled, escaping="no such")
    assert failure.value.code == "unsupported"
    assert os.listdir(tmp_path) == []
