"""Makes the table of features by language from the reports of the vectors' runners, and puts it
into README.md between the two features markers; with --check it only compares.

Each report is target/vectors/<language>.json: {way: {area: {"ran": 23, "passed": 23}}}, where a way
is one in which the language updates metrics. How many cases there are is what the vectors' folder
has: a case that a runner left out is not passed.
"""

import argparse
import json
from pathlib import Path

from core.readme import with_section

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "core/conformance/vectors"

# Language and way, and what stands above their column.
COLUMNS = {
    ("rust", "core"): "Rust",
    ("python", "cells"): "Python",
    ("node", "cells"): "Node.js",
    ("node", "calls"): "Node.js, calls",
    ("wasm", "cells"): "WASM",
    ("wasm", "calls"): "WASM, calls",
    ("chromium", "cells"): "Chromium",
    ("chromium", "calls"): "Chromium, calls",
    ("c", "inline"): "C",
    ("c", "calls"): "C, calls",
    ("cpp", "classes"): "C++",
    ("kotlin", "calls"): "Kotlin",
    ("ruby", "calls"): "Ruby",
}
# Area, and what its row is called.
ROWS = {
    "counter": "counters",
    "gauge": "gauges",
    "histogram": "histograms",
    "native": "native histograms",
    "summary": "summaries",
    "info": "infos",
    "state_set": "state sets",
    "labels": "labels, views with fixed labels",
    "exemplars": "exemplars",
    "numbers": "numbers, to the last bit",
    "names": "names in UTF-8",
    "registry": "registries",
    "collectors": "collectors of one's own",
    "removal": "removal of series",
    "reset": "reset",
    "created": "times of creation",
    "limits": "series limits",
    "expiry": "expiry of idle series",
    "formats": "exposition: text, OpenMetrics, protocol buffers, JSON",
    "filter": "exposition of some metrics only",
    "parsing": "parsers of text and OpenMetrics",
    "serving": "HTTP server",
    "errors": "errors and their codes",
}

Report = dict[tuple[str, str], dict[str, dict[str, int]]]


def read(folder: Path) -> Report:
    """The areas of each language and way, of all reports."""
    found = {
        (file.stem, way): areas
        for file in folder.glob("*.json")
        for way, areas in json.loads(file.read_text()).items()
    }
    missing = sorted({language for language, _ in COLUMNS.keys() - found.keys()})
    if missing:
        raise SystemExit(
            f"no report of {', '.join(missing)} in {folder}: run `make test "
            'STEPS="rust package python node wasm c kotlin ruby"`'
        )
    unknown = found.keys() - COLUMNS.keys()
    if unknown:
        raise SystemExit(f"no column for {sorted(unknown)}: add it to COLUMNS")
    return found


def cell(counts: dict[str, int] | None, total: int) -> str:
    if counts is None:
        return "–"
    passed = counts["passed"]
    return str(passed) if passed == total else f"**{passed} of {total}**"


def table(report: Report) -> str:
    cases = {area.name: len(list(area.iterdir())) for area in VECTORS.iterdir()}
    areas = {area for areas in report.values() for area in areas}
    if ROWS.keys() != cases.keys() or areas - cases.keys():
        other = (ROWS.keys() ^ cases.keys()) | (areas - cases.keys())
        raise SystemExit(f"areas that are not both in ROWS and in {VECTORS}: {sorted(other)}")
    lines = [f"| feature | {' | '.join(COLUMNS.values())} |", "|---" * (len(COLUMNS) + 1) + "|"]
    for area, title in ROWS.items():
        row = (cell(report[column].get(area), cases[area]) for column in COLUMNS)
        lines.append(f"| {title} | {' | '.join(row)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=Path, default=ROOT / "target/vectors")
    parser.add_argument("--readme", type=Path, default=ROOT / "README.md")
    parser.add_argument("--check", action="store_true", help="fail when README.md is stale")
    options = parser.parse_args()

    old = options.readme.read_text()
    new = with_section(old, "features", table(read(options.reports)))
    if not options.check:
        options.readme.write_text(new)
    elif old != new:
        raise SystemExit("README.md has another table of features: run `make features`")


if __name__ == "__main__":
    main()
