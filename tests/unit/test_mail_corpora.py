"""The measured targets on open mail, where it lies beside the checkout."""

from __future__ import annotations

import pytest

from tests.quality import new_text, origin
from tests.quality.corpora import CORPORA

pytestmark = pytest.mark.skipif(not CORPORA.is_dir(), reason=f"NO OPEN MAIL AT {CORPORA}")


def test_new_text_reaches_its_target(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(new_text, "READERS", {"mailflow": new_text.READERS["mailflow"]})
    right, total = new_text.measure()["mailflow"]
    assert total
    assert right >= new_text.TARGET * total


def test_origin_and_bounces_reach_their_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["origin"])
    monkeypatch.setattr(origin, "_flufl_finds", lambda octets: False)
    assert origin.main() == 0
