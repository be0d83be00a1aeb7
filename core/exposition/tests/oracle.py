"""Compares Metrion's parsers with prometheus_client's: what they take, and what they read.

Run by hand from the root of the repository:

    python3 -m venv target/oracle-venv
    target/oracle-venv/bin/pip install prometheus_client==0.26.0
    cargo build -p metrion-exposition --example parse_dump
    target/oracle-venv/bin/python core/exposition/tests/oracle.py [MUTATIONS] [SEED]

The inputs are the cases in ../shared/openmetrics, the pages below, the node_exporter page of the
benches, and mutations of them. Where only one side takes an input, it is printed unless it is one
of KNOWN; core/docs/adr/0010-parsers.md says why ours is right there.
"""

import collections
import json
import math
import pathlib
import random
import re
import subprocess
import sys

from prometheus_client import parser as text_parser
from prometheus_client.openmetrics import parser as openmetrics_parser

ROOT = pathlib.Path(__file__).resolve().parents[3]
CASES = ROOT / ".." / "shared" / "openmetrics"
DUMP = ROOT / "target" / "debug" / "examples" / "parse_dump"
NODE_EXPORTER = ROOT / "core" / "benches" / "data" / "node_exporter.txt"

TEXT = """# HELP http_requests_total The total\\nnumber \\\\ of "requests".
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400",}    3 1395066363000
# a comment
file_access_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Not found:\\n\\"FILE.TXT\\""} 1.458255915e9
metric_without_timestamp_and_labels 12.47
something_weird{problem="division by zero"} +Inf -3982045

# TYPE rpc_duration_seconds summary
rpc_duration_seconds{quantile="0.01"} 3102
rpc_duration_seconds{quantile="0.99"} NaN
rpc_duration_seconds_sum 1.7560473e+07
rpc_duration_seconds_count 2693
# TYPE "my.metric" gauge
{"my.metric","l\u00e4bel"="x"} 1
# TYPE h histogram
h_bucket{le="0.5"} 1
h_bucket{le="+Inf"} 2
h_sum 3
h_count 2
"""

OPENMETRICS = """# TYPE c_seconds counter
# UNIT c_seconds seconds
# HELP c_seconds A \\"help\\".
c_seconds_total{a="1",b="x # y"} 17 1520879607.789 # {id="a",x="}"} 0.67 1520879606
c_seconds_created{a="1",b="x # y"} 1520430000.123 1520879607.789
c_seconds_total{a="2",b=""} 0
# TYPE h histogram
h_bucket{le="0.0"} 0
h_bucket{le="1e-05"} 0
h_bucket{le="+Inf"} 17 # {} 4
h_count 17
h_sum 324.5
h_created 1520430000.123
# TYPE g gaugehistogram
g_bucket{le="-1.0"} 1
g_bucket{le="+Inf"} 3 # {a="d"} 4 123
g_gcount 3
g_gsum -5
# TYPE s summary
s{quantile="0.5"} 0.7
s{quantile="0.99"} NaN
s_count 1
s_sum 2
# TYPE i info
i_info{version="1"} 1
# TYPE e stateset
e{e="on"} 1
e{e="off"} 0
# TYPE t gauge
t{a="1"} 1 -1.5
t{a="1"} 2 0
t{a="2"} 2 1e3
unknown NaN
# TYPE "my.metric" gauge
{"my.metric","l\u00e4bel"="x"} 1
# EOF
"""

# Where they differ on purpose, by what is said: (format, who refuses, message). The reasons are in
# core/docs/adr/0010-parsers.md.
KNOWN = [
    # As Prometheus' parsers: one sample a line, with nothing but numbers behind its labels.
    (
        "text",
        "ours",
        r"expected the end, found|is no timestamp in milliseconds|is no number|expected a number",
    ),
    ("text", "ours", r"is no metric type"),
    (
        "text",
        "ours",
        r"expected a blank|expected a metric name|expected a label name|expected '[=\"]'",
    ),
    (
        "text",
        "ours",
        r"expected ',' or '}'|the quote is not closed|the name is empty|has no name|a second name",
    ),
    ("text", "ours", r"is reserved|the metric has two names"),
    ("text", "ours", r"a second #|comes after its samples|is no bound or quantile"),
    # What Python does not look at.
    ("text", "ours", r"comes twice|is a family and a sample"),
    # A comment without a keyword right behind its blank, or without anything behind its keyword.
    ("text", "theirs", r"^ValueError: $|^ValueError: Invalid metric type"),
    # Python splits lines and labels where the grammar has one character only.
    (
        "openmetrics",
        "ours",
        r"expected '[ =\"]'|expected a label name|is no number|is no timestamp in seconds",
    ),
    ("openmetrics", "ours", r"expected ',' or '}'|a blank line|expected a metric name"),
    ("openmetrics", "ours", r"expected HELP, TYPE|is no metric type"),
    ("openmetrics", "ours", r"cannot be the label|an exemplar has labels, but no name"),
    # Python drops such samples without a word.
    ("openmetrics", "ours", r"comes twice|the bounds of the buckets do not increase"),
    # Python cannot compare a timestamp of the form -.1, and takes no quoted name without # TYPE.
    ("openmetrics", "theirs", r"^AttributeError: 'float' object has no attribute|^ValueError: $"),
]


def is_known(kind, verdict, detail):
    return any(
        kind == of and verdict == f"only {who} refuse" and re.search(pattern, detail)
        for of, who, pattern in KNOWN
    )


def expected(kind, text):
    """What prometheus_client reads: a list of samples, or an exception."""
    read = openmetrics_parser if kind == "openmetrics" else text_parser
    try:
        families = list(read.text_string_to_metric_families(text))
    except Exception as error:  # it raises all sorts: ValueError, KeyError, IndexError, TypeError
        return f"{type(error).__name__}: {error}", None
    samples = [
        (
            sample.name,
            sample.labels,
            sample.value,
            sample.timestamp,
            sample.exemplar,
        )
        for family in families
        for sample in family.samples
    ]
    return None, samples


def same(a, b):
    if a is None or b is None:
        return a is b
    a, b = float(a), float(b)
    return a == b or (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-15)


def same_time(a, b):
    """Python keeps nanoseconds and cuts what is below."""
    return same(a, b) or (a is not None and b is not None and abs(float(a) - float(b)) <= 1e-9)


def same_samples(kind, ours, theirs):
    ours = [(s, f) for f in ours for s in f["samples"]]
    key = lambda name, labels: (name, sorted(labels.items()))  # noqa: E731
    if kind == "text":
        # It puts _total behind the names of counters, and takes families apart.
        def named(sample, family):
            is_counter = family["type"] == "counter" and not family["name"].endswith("_total")
            return sample[0] + "_total" * is_counter

        ours = sorted(([named(s, f), *s[1:]] for s, f in ours), key=lambda s: key(s[0], s[1]))
        theirs = sorted(theirs, key=lambda s: key(s[0], s[1]))
    else:
        ours = without_repeats([s for s, _ in ours])
    if len(ours) != len(theirs):
        return False
    for mine, their in zip(ours, theirs, strict=True):
        if mine[0] != their[0] or mine[1] != their[1] or not same(mine[2], their[2]):
            return False
        if not same_time(mine[3], their[3]) or (mine[4] is None) != (their[4] is None):
            return False
        if mine[4] is not None:
            exemplar = their[4]
            if mine[4][0] != exemplar.labels or not same(mine[4][1], exemplar.value):
                return False
            if not same_time(mine[4][2], exemplar.timestamp):
                return False
    return True


def without_repeats(samples):
    """As Python, which drops a series that comes again with the same time."""
    kept, seen, before = [], set(), None
    for sample in samples:
        key = json.dumps([sample[0], sample[1]], sort_keys=True)
        if sample[3] is None or sample[3] != before or key not in seen:
            kept.append(sample)
        seen.add(key)
        before = sample[3]
    return kept


def mutate(random_, text):
    lines = text.splitlines(keepends=True)
    for _ in range(random_.choice([1, 1, 1, 2, 3])):
        what = random_.randrange(7)
        at = random_.randrange(len(text) + 1) if text else 0
        if what == 0 and lines:
            lines = (text or "\n").splitlines(keepends=True)
            lines.pop(random_.randrange(len(lines)))
            text = "".join(lines)
        elif what == 1 and lines:
            lines = (text or "\n").splitlines(keepends=True)
            lines.insert(random_.randrange(len(lines)), random_.choice(lines))
            text = "".join(lines)
        elif what == 2 and lines:
            lines = (text or "\n").splitlines(keepends=True)
            random_.shuffle(lines) if random_.random() < 0.1 else lines.append(lines.pop(0))
            text = "".join(lines)
        elif what == 3:
            text = text[:at] + text[at + 1 :]
        elif what == 4:
            text = text[:at] + random_.choice(' \t\n"\\{},=#_019.e+-:aNä') + text[at:]
        elif what == 5:
            text = text[:at] + text[at + random_.randrange(12) :]
        else:
            words = [
                "1",
                "-1",
                "0.5",
                "NaN",
                "+Inf",
                "counter",
                "gauge",
                "_total",
                "_sum",
                'le="1"',
                " 7",
            ]
            text = text[:at] + random_.choice(words) + text[at:]
    return text


def inputs(mutations, seed):
    random_ = random.Random(seed)
    sources = [("text", TEXT), ("openmetrics", OPENMETRICS)]
    if NODE_EXPORTER.is_file():
        page = NODE_EXPORTER.read_text()
        yield "text", page
        # Short pieces, so that a mutation does not drown.
        lines = page.splitlines(keepends=True)
        sources += [("text", "".join(lines[at : at + 25])) for at in range(0, 400, 100)]
    if CASES.is_dir():
        cases = [path.read_text() for path in sorted(CASES.glob("*/metrics"))]
        sources += [("openmetrics", case) for case in cases]
        sources += [("text", case) for case in cases]
    else:
        print("notice: ../shared/openmetrics is not there")
    yield from sources
    for _ in range(mutations):
        kind, text = random_.choice(sources if random_.random() < 0.5 else sources[:2])
        yield kind, mutate(random_, text)


def main():
    mutations = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    pairs = list(inputs(mutations, seed))
    asked = "".join(json.dumps(pair) + "\n" for pair in pairs)
    answers = subprocess.run([DUMP], input=asked, capture_output=True, text=True, check=True)
    counts = collections.Counter()
    reasons = collections.Counter()
    differences = 0
    for (kind, text), line in zip(pairs, answers.stdout.splitlines(), strict=True):
        ours = json.loads(line)
        refused, theirs = expected(kind, text)
        if refused and "error" in ours:
            counts[kind, "both refuse"] += 1
            continue
        if not refused and "families" in ours:
            if same_samples(kind, ours["families"], theirs):
                counts[kind, "both read the same"] += 1
                continue
            verdict, detail = "other samples", ""
        elif refused:
            verdict, detail = "only theirs refuse", refused
        else:
            verdict, detail = "only ours refuse", ours["error"]
        if is_known(kind, verdict, detail):
            counts[kind, "known difference"] += 1
            reasons[kind, re.sub(r'"[^"]*"|\d+', "_", detail).split(": ", 1)[-1][:60]] += 1
            continue
        differences += 1
        if differences <= 20:
            print(f"--- {kind}: {verdict}: {detail}\n{text}")
    for (kind, what), count in sorted(counts.items()):
        print(f"{kind:12} {what:20} {count}")
    for (kind, reason), count in reasons.most_common(30):
        print(f"    {kind:12} {count:6} {reason}")
    print(f"{differences} unexpected differences")
    return differences > 0


if __name__ == "__main__":
    sys.exit(main())
