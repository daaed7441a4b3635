"""Every wording that ever served is kept, names its mails, and faults are told once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mailflow.desk.kept_template import KeptVersion
from mailflow.store.database import SqlStore

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def version(digest: str, language: str = "en") -> KeptVersion:
    return KeptVersion(
        f"acknowledgement/{language}@{digest}",
        "acknowledgement",
        language,
        {"subject": "a", "txt": "b"},
        {"a": "s", "b": f"text {digest} 100% _ \0"},
    )


def test_what_serves_is_noted_when_it_changes(store: SqlStore) -> None:
    first, second, german = version("1"), version("2"), version("1", "de")
    with store.begin() as work:
        assert work.templates.serve([first, german], "start", NOW) == [first.name, german.name]
    with store.begin() as work:
        assert work.templates.serve([first, german], "start", NOW) == []
        assert work.templates.serve([second, german], "edit", NOW + timedelta(1)) == [second.name]
    with store.begin() as work:
        assert work.templates.serve([first], "back", NOW + timedelta(2)) == [first.name]
        said = [(s.name, s.reason) for s in work.templates.history("acknowledgement", "en")]
        assert said == [(first.name, "back"), (second.name, "edit"), (first.name, "start")]
        assert len(work.templates.history()) == 4
        served = work.templates.served("acknowledgement", "en", 5)
        assert [v.name for v in served] == [first.name, second.name]
        assert served[1].sources["b"] == "text 2 100% _ \ufffd"
        assert dict(served[1].parts) == dict(second.parts)


def test_a_version_is_found_by_name_or_digest(store: SqlStore) -> None:
    with store.begin() as work:
        for one in (version("ab12"), version("ab34"), version("ab12", "de"), version("ab12")):
            work.templates.keep(one, NOW)
        assert [v.name for v in work.templates.find("ab34")] == [version("ab34").name]
        assert len(work.templates.find("ab12")) == 2
        assert [v.language for v in work.templates.find("acknowledgement/de@")] == ["de"]
        assert work.templates.find("%") == []
        assert work.templates.find("_b") == []


def test_a_fault_is_new_once_and_again_after_it_was_mended(store: SqlStore) -> None:
    for faults, new in (
        (["a", "b", "a"], ["a", "b"]),
        (["b", "c"], ["c"]),
        (["a"], ["a"]),
        ([], []),
    ):
        with store.begin() as work:
            assert work.templates.note_faults(faults, NOW) == new
            assert work.templates.note_faults(faults, NOW) == []
            assert set(work.templates.open_faults()) == set(faults)
