"""Optional evidence of meaning: static embeddings (model2vec) from a folder, and texts as their vectors.

A text's vector is the mean of its tokens' vectors, so words it shares with no ticket count too. Files
are read from the disk alone: model2vec takes a path that is not there for a name to download.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mailflow.suggest.files import RETRAIN
from mailflow.suggest.space import Floats
from mailflow.suggest.unusable import ModelUnusable

if TYPE_CHECKING:
    from model2vec import StaticModel

INSTALL = "install it from the checkout: pip install '.[embeddings]'"
LONGEST = 4_000  # characters read of a text
_FILES = ("model.safetensors", "tokenizer.json", "config.json", "config_sentence_transformers.json")
_PLACES = ("", "0_StaticEmbedding")  # where model2vec looks for them


@dataclass(frozen=True, slots=True)
class Embeddings:
    folder: Path
    sha256: str  # of the files
    encoder: StaticModel

    @property
    def dimensions(self) -> int:
        return self.encoder.dim

    def vectors(self, texts: Sequence[str]) -> Floats:
        """Of length one, or zero where no token is known; shape (texts, dimensions)."""
        found = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        if texts:
            # Half of a surrogate pair, as hostile mail has it, is nothing a tokenizer takes.
            plain = [text[:LONGEST].encode("utf-8", "replace").decode() for text in texts]
            found[:] = self.encoder.encode(plain, normalize=False, use_multiprocessing=False)
        found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
        return found


@dataclass(frozen=True, slots=True)
class Meaning:
    """The vectors of a ranking's rows, and of its far rows; texts and rows are alike by their products."""

    embeddings: Embeddings
    rows: Floats
    far_rows: Floats


def load_embeddings(folder: Path) -> Embeddings:
    """Raises ModelUnusable only: missing, damaged, or without the library."""
    path = folder.absolute()
    if not (digest := _digest(path)):
        raise ModelUnusable(f"there are no embeddings in {path}", "put there what model2vec saves")
    try:
        from model2vec import StaticModel
    except ImportError as error:
        raise ModelUnusable("embeddings need model2vec, which is not installed", INSTALL) from error
    try:
        encoder = StaticModel.from_pretrained(path)
        finite = np.isfinite(encoder.embedding).all()
    except Exception as error:  # three libraries read these files, each with errors of its own
        raise ModelUnusable(
            f"the embeddings in {path} are damaged: {error}", "fetch or save them anew"
        ) from error
    if not finite:
        raise ModelUnusable(
            f"the embeddings in {path} hold numbers that are none", "save them anew"
        )
    return Embeddings(path, digest, encoder)


def embeddings_again(folder: Path, sha256: str) -> Embeddings:
    """Those that a model was trained with, from where they lay then. Raises ModelUnusable only."""
    try:
        found = load_embeddings(folder)
    except ModelUnusable as error:
        reason = f"the model was trained with embeddings: {error.reason}"
        raise ModelUnusable(reason, f"{error.mend}, or {RETRAIN}") from error
    if found.sha256 != sha256:
        reason = f"the embeddings in {folder} are not those that the model was trained with"
        raise ModelUnusable(reason, f"put those back, or {RETRAIN}")
    return found


def _digest(folder: Path) -> str:
    """SHA-256 of the files that vectors come from; '' when there are none."""
    digest, found = hashlib.sha256(), False
    for path in (folder / place / name for place in _PLACES for name in _FILES):
        try:
            with path.open("rb") as file:
                octets = hashlib.file_digest(file, "sha256").hexdigest()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise ModelUnusable(
                f"{path} cannot be read: {error.strerror}", "check its rights"
            ) from error
        found = True
        digest.update(f"{path.relative_to(folder)} {octets}\n".encode())
    return digest.hexdigest() if found else ""
