"""Where the files that come with mailflow lie: beside the sources in a checkout, inside the package once installed."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """The path of a shipped file or folder: ``templates``, ``models`` or ``config.example.toml``.

    Raises FileNotFoundError, naming both places, when the installation is incomplete.
    """
    places = (_PACKAGE / "_shipped" / name, _PACKAGE.parent / name)
    for place in places:
        if place.exists():
            return place
    raise FileNotFoundError(
        f"{name!r} is missing from this installation of mailflow; looked at "
        + " and ".join(str(place) for place in places)
        + ". Install it again."
    )
