"""Documents that repeat what the code knows must agree with it."""

import re
from pathlib import Path

from mailflow.desk.notices import NoticeKind, variable_reference

DOCS = Path(__file__).resolve().parents[2] / "docs"


def variables_section() -> str:
    """The tables of docs/templates.md, as the code has them. Paste this when the test fails."""
    lines = []
    for kind in NoticeKind:
        lines += [f"### {kind.value}", "", "| Variable | Meaning |", "| --- | --- |"]
        lines += [f"| `{name}` | {meaning} |" for name, meaning in variable_reference(kind)]
        lines.append("")
    return "\n".join(lines)


def test_the_variables_of_templates_are_documented_as_they_are():
    document = (DOCS / "templates.md").read_text()
    assert document.endswith(variables_section())


def test_every_invariant_names_a_test_there_is():
    root = DOCS.parent
    rows = re.findall(
        r"^\| (\d+) \|.*`(tests/[^:`]+)::(\w+)` \|$", (DOCS / "invariants.md").read_text(), re.M
    )
    assert {int(number) for number, _, _ in rows} == {*range(11, 31), 41}
    for _, path, name in rows:
        assert f"def {name}(" in (root / path).read_text(), f"{path}::{name}"
