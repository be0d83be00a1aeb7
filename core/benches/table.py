"""Makes one markdown table of the figures in target/bench/*.json, prints it, and
puts it into README.md between the two bench markers.

Each file holds {"rows": [...]}, each row: id, title, ours_ns, peer, peer_version,
peer_ns, ratio (peer_ns / ours_ns), ratio_min, ratio_max, goal (a ratio, or null). Where memory is
measured, ours_bytes and peer_bytes stand in the place of the times.
"""

import argparse
import json
import os
import platform
from pathlib import Path
from typing import Any

from core.readme import with_section

ROOT = Path(__file__).resolve().parents[2]


def duration(ns: float) -> str:
    for limit, unit in ((1e3, "ns"), (1e6, "µs"), (1e9, "ms")):
        if ns < limit:
            return f"{ns / (limit / 1e3):.3g} {unit}"
    return f"{ns / 1e9:.3g} s"


def amount(row: dict[str, Any], side: str) -> str:
    size = row.get(f"{side}_bytes")
    return duration(row[f"{side}_ns"]) if size is None else f"{size:,} B"


def times(ratio: float) -> str:
    return f"{ratio:.2f}x" if ratio < 1 else f"{ratio:.1f}x" if ratio < 100 else f"{ratio:.0f}x"


def goal(row: dict[str, Any]) -> str:
    if row["goal"] is None:
        return ""
    reached = row["ratio"] >= row["goal"]
    return f"{row['goal']:g}x: reached" if reached else f"**{row['goal']:g}x: not reached**"


def table(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| what | metrion | peer | ratio | spread | goal |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        # What is no crate, a memcpy, has no version.
        peer = f"{row['peer']} {row['peer_version']}".rstrip()
        peer = f"{amount(row, 'peer')} ({peer})"
        spread = f"{times(row['ratio_min'])} to {times(row['ratio_max'])}"
        cells = (
            row["title"],
            amount(row, "ours"),
            peer,
            times(row["ratio"]),
            spread,
        )
        lines.append(f"| {' | '.join(cells)} | {goal(row)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--figures", type=Path, default=ROOT / "target/bench")
    parser.add_argument("--readme", type=Path, default=ROOT / "README.md")
    options = parser.parse_args()

    # Rust first, then the languages over it.
    files = sorted(options.figures.glob("*.json"), key=lambda f: (f.stem != "rust", f.stem))
    rows = [row for file in files for row in json.loads(file.read_text())["rows"]]
    if not rows:
        raise SystemExit(f"no figures in {options.figures}: run `make bench`")

    text = (
        f"{table(rows)}\n\nMedians of one run on a {platform.machine()} machine with "
        f"{os.cpu_count()} cores; each ratio compares measurements of the same moment, and the "
        "spread is the lowest and the highest ratio of a single round."
    )
    print(text)

    options.readme.write_text(with_section(options.readme.read_text(), "bench", text))


if __name__ == "__main__":
    main()
