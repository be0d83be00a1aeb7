"""Sections of README.md that programs write: what is between <!-- NAME:begin --> and its end."""


def with_section(readme: str, name: str, content: str) -> str:
    """The text of README.md with this content in a section. Exits when there is no such section."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, has_begin, rest = readme.partition(begin)
    _, has_end, after = rest.partition(end)
    if not has_begin or not has_end:
        raise SystemExit(f"README.md has no {begin} ... {end}")
    return f"{before}{begin}\n{content}\n{end}{after}"
