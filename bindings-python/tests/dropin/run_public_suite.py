"""Runs prometheus_client's own tests on `metrion.dropin`.

    python bindings-python/tests/dropin/run_public_suite.py [--tests FOLDER] [pytest arguments]

Takes the tests from the source distribution of the version that the drop-in follows, from the
package index, into a temporary folder; `--tests` takes those of a folder instead. Prints how many
passed of each file, and fails when a test fails that `known_failures.txt` does not name, or when
one passes that it names.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

VERSION = "0.26.0"
KNOWN_FAILURES = Path(__file__).with_name("known_failures.txt")
# Many of these are of its files for several processes, which are no part of its interface.
INTERNALS = ("tests.test_multiprocess",)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", type=Path, help="a folder with the tests")
    arguments, for_pytest = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        tests = arguments.tests or download(Path(folder))
        outcomes = run(tests, Path(folder) / "report.xml", for_pytest)
    report(outcomes)
    return compare(outcomes)


def download(folder: Path) -> Path:
    """The tests alone: the original must not be importable from beside them."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--no-binary", "prometheus_client", "--dest", str(folder)),
            f"prometheus_client=={VERSION}",
        ],
        check=True,
    )
    [archive] = folder.glob("*.tar.gz")
    with tarfile.open(archive) as sources:
        members = [member for member in sources.getmembers() if "/tests/" in member.name]
        sources.extractall(folder, members=members, filter="data")
    return folder / f"prometheus_client-{VERSION}" / "tests"


def run(tests: Path, junit: Path, for_pytest: list[str]) -> dict[str, str]:
    """What became of each test, by its name."""
    # The plugin is loaded before any test.
    command = [sys.executable, "-m", "pytest", "-p", "metrion.dropin", "-q", "--tb=short"]
    command += ["--continue-on-collection-errors"]
    command += ["--junitxml", str(junit), *for_pytest, str(tests)]
    subprocess.run(command, check=False, cwd=tests.parent)
    outcomes = {}
    for case in ElementTree.parse(junit).getroot().iter("testcase"):
        kinds = {child.tag for child in case}
        outcome = "failed" if kinds & {"failure", "error"} else "passed"
        outcome = "skipped" if "skipped" in kinds else outcome
        outcomes[f"{case.get('classname')}::{case.get('name')}"] = outcome
    return outcomes


def report(outcomes: dict[str, str]) -> None:
    files: dict[str, Counter[str]] = {}
    for name, outcome in outcomes.items():
        module = ".".join(
            part for part in name.partition("::")[0].split(".") if not part[:1].isupper()
        )
        files.setdefault(module, Counter())[outcome] += 1
    print(f"\n{'file':40} passed failed skipped")
    for module, counts in sorted(files.items()):
        print(f"{module:40} {counts['passed']:6} {counts['failed']:6} {counts['skipped']:7}")
    counted = [
        outcome
        for name, outcome in outcomes.items()
        if not name.startswith(INTERNALS) and outcome != "skipped"
    ]
    share = 100 * counted.count("passed") / max(len(counted), 1)
    print(f"{share:.1f} % of {len(counted)} passed, without {', '.join(INTERNALS)}")


def compare(outcomes: dict[str, str]) -> int:
    """Compares with the failures that are known."""
    lines = KNOWN_FAILURES.read_text().splitlines()
    names = [line for line in lines if line and not line.startswith("#")]
    # A test after a question mark fails at times, with the original, too.
    unstable = {name.removeprefix("? ") for name in names if name.startswith("? ")}
    known = set(names) - {f"? {name}" for name in unstable}
    failed = {name for name, outcome in outcomes.items() if outcome == "failed"}
    unexpected = failed - known - unstable
    fixed = {name for name in known if outcomes.get(name) == "passed"}
    for name in sorted(unexpected):
        print(f"unexpected failure: {name}")
    for name in sorted(fixed):
        print(f"passes, but is named in {KNOWN_FAILURES.name}: {name}")
    if not outcomes:
        print("no test ran")
    return 1 if unexpected or fixed or not outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
