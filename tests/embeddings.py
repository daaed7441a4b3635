"""A small model of static embeddings, made here: a dozen words, of which three each mean the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from model2vec import StaticModel
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

#: Each line means one thing; tests learn from the first word of each alone.
ALIKE = ("invoice bill receipt", "printer plotter copier", "password passphrase passcode")


def save_embeddings(folder: Path, turned: float = 0.0) -> Path:
    words = ["[UNK]", "about", "the", *(word for line in ALIKE for word in line.split())]
    tokenizer = Tokenizer(WordLevel({w: n for n, w in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    vectors = np.full((len(words), 4), 0.01, dtype=np.float32)
    for k, line in enumerate(ALIKE):
        for word in line.split():
            vectors[words.index(word), k] = 1 + turned
    StaticModel(vectors, tokenizer).save_pretrained(folder)
    return folder
