"""The reader of commands in documents: what it must not overlook."""

from __future__ import annotations

import pytest

from tests.console_blocks import missing_line, read_blocks

TEXT = """\
# Title
<!-- test: desk -->
<!-- test: replace example.org => demo.test -->

```console
$ mailflow check \\
    --config example.org
 1 ok
$ second
```

```toml
$ not a command
```
"""


def test_commands_output_and_directives() -> None:
    [block] = read_blocks("x.md", TEXT)
    assert block.commands == ["mailflow check --config example.org", "second"]
    assert block.runnable() == ["mailflow check --config demo.test", "second"]
    assert block.shown == [" 1 ok"]
    assert block.has("desk")
    assert block.line == 5


def test_a_directive_belongs_to_the_next_fence_alone() -> None:
    [first, second] = read_blocks(
        "x", "<!-- test: exit 3 -->\n```console\n$ a\n```\n```console\n$ b\n```"
    )
    assert first.value("exit") == "3"
    assert not second.directives
    [other] = read_blocks("x", "<!-- test: exit 3 -->\ntext between\n```console\n$ a\n```")
    assert not other.directives


def test_mistakes_are_told() -> None:
    with pytest.raises(ValueError, match="x:1: no such directive"):
        read_blocks("x", "<!-- test: nosuch -->")
    [block] = read_blocks("x", "<!-- test: replace a => b -->\n```console\n$ c\n```")
    with pytest.raises(ValueError, match="nothing to replace"):
        block.runnable()


@pytest.mark.parametrize(
    ("shown", "printed", "missing"),
    [
        (["a", "…", "c"], "a\nb\nc", None),
        (["ticket … opened"], "ticket #1 opened\n", None),
        (["a", "b"], "b\na", "b"),
        (["a"], "ab", "a"),
    ],
)
def test_output_is_compared_in_order(shown: list[str], printed: str, missing: str | None) -> None:
    assert missing_line(shown, printed) == missing
