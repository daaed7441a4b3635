"""A model on disk: ``model.json`` beside ``arrays.npz``. Plain numbers and text; nothing is unpickled.

The JSON names the format and the SHA-256 of the arrays; the model's version is the hash of the JSON.
Sizes are checked before anything is unpacked, types and shapes after. A file that fails any check
raises ModelUnusable; no other error leaves `read_model`.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mailflow.suggest.unusable import ModelUnusable

FORMAT = "mailflow model 4"
JSON_NAME = "model.json"
ARRAYS_NAME = "arrays.npz"
MAX_JSON = 80_000_000
MAX_FILE = 300_000_000
MAX_UNPACKED = 1_000_000_000
RETRAIN = "train it anew with `mailflow model train`"

# What the readers of JSON, ZIP and arrays raise on files that chance or malice made.
_DAMAGED = (
    ValueError,
    KeyError,
    RuntimeError,  # an encrypted entry, one packed in an unknown way, JSON without end
    MemoryError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
)

Array = npt.NDArray[Any]  # of whichever type the file says; the reader checks it


def write_model(folder: Path, facts: Mapping[str, object], arrays: Mapping[str, Array]) -> str:
    """Write both files, each in one step, and return the version. The same content gives the same bytes."""
    packed = io.BytesIO()
    np.savez_compressed(packed, allow_pickle=False, **dict(sorted(arrays.items())))
    octets = packed.getvalue()
    document = {"format": FORMAT, **facts, "arrays_sha256": hashlib.sha256(octets).hexdigest()}
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / ARRAYS_NAME, octets)
    _replace(folder / JSON_NAME, text.encode("utf-8"))
    return version_of(text.encode("utf-8"))


def version_of(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()[:12]


def _replace(path: Path, octets: bytes) -> None:
    beside = path.with_name(path.name + ".new")
    with beside.open("wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def read_model(folder: Path) -> tuple[dict[str, Any], dict[str, Array], str]:
    """Facts, arrays and version of the model in ``folder``. Raises ModelUnusable only."""
    try:
        text = _octets(folder / JSON_NAME, MAX_JSON)
        facts = json.loads(text)
        if not isinstance(facts, dict) or facts.get("format") != FORMAT:
            raise ModelUnusable(f"{folder} holds a model of another format or version", RETRAIN)
        octets = _octets(folder / ARRAYS_NAME, MAX_FILE)
        if hashlib.sha256(octets).hexdigest() != facts.get("arrays_sha256"):
            raise ModelUnusable(f"{folder / ARRAYS_NAME} is not the file that was trained", RETRAIN)
        return facts, _arrays(octets), version_of(text)
    except FileNotFoundError as error:
        raise ModelUnusable(f"there is no model in {folder}", RETRAIN) from error
    except OSError as error:
        raise ModelUnusable(
            f"{folder} cannot be read: {error.strerror}", "check its rights"
        ) from error
    except _DAMAGED as error:
        raise ModelUnusable(f"the model in {folder} is damaged: {error}", RETRAIN) from error


def _octets(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        octets = file.read(limit + 1)
    if not octets or len(octets) > limit:
        raise ModelUnusable(f"{path} is {'empty' if not octets else 'too large'}", RETRAIN)
    return octets


def _arrays(octets: bytes) -> dict[str, Array]:
    found = {}
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED:
            raise ValueError("its arrays would unpack to more than is allowed")
        for entry in archive.infolist():
            with archive.open(entry) as file:
                array = np.lib.format.read_array(file, allow_pickle=False)
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise ValueError(f"{entry.filename} holds numbers that are none")
            found[entry.filename.removesuffix(".npy")] = array
    return found
