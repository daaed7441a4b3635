"""What a template's own words may not say: that nobody should reply, and promises nobody can keep.

Only the words written in the file are looked at, in every branch, whether a sample reaches it or not;
a span of time that mailflow measured itself comes in as a value and is no promise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from jinja2 import nodes

from mailflow.desk.leaving import tells_not_to_reply


def wrong_words(
    tree: nodes.Template, forbidden: Sequence[re.Pattern[str]]
) -> Iterator[tuple[int, str, str]]:
    """(line, what is wrong, mend) of each."""
    for line, text in _words(tree):
        if found := tells_not_to_reply(text):
            yield (
                line,
                f"it tells people not to reply: {found}.",
                "People may always reply: leave it out.",
            )
        for pattern in forbidden:
            if match := pattern.search(text):
                yield (
                    line,
                    f"it promises what nobody can keep: {' '.join(match[0].split())}.",
                    "Leave it out, or allow it under templates.forbidden_claims.",
                )


def _words(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    for data in tree.find_all(nodes.TemplateData):
        before = data.lineno
        yield before, data.data
    for const in tree.find_all(nodes.Const):
        if isinstance(const.value, str):
            yield const.lineno, const.value
