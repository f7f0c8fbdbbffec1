"""Texts as numbers: TF-IDF of words and pairs of words, and of the characters inside words.

Characters carry what words cannot: endings, compounds written apart or joined, a recogniser's slips.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from persian.letters import search_form

Array = Any
"""A NumPy array."""
WORDS: Final = {"ngram_range": (1, 2), "token_pattern": r"\S+", "lowercase": False, "sublinear_tf": True}
CHARACTERS: Final = {
    "analyzer": "char_wb",
    "ngram_range": (2, 5),
    "lowercase": False,
    "sublinear_tf": True,
}


class Features:
    """Turns texts into rows of a matrix; made by `learned_from`, or from what was kept of it."""

    def __init__(self, words: TfidfVectorizer, characters: TfidfVectorizer) -> None:
        self._words = words
        self._characters = characters
        self._of_word = words.build_analyzer()
        self._of_characters = characters.build_analyzer()
        self._offset = len(words.vocabulary_)

    @classmethod
    def learned_from(cls, texts: Sequence[str]) -> Features:
        """Vocabulary and weights of these texts."""
        spelled = [search_form(text) for text in texts]
        return cls(TfidfVectorizer(**WORDS).fit(spelled), TfidfVectorizer(**CHARACTERS).fit(spelled))

    @classmethod
    def from_arrays(cls, kept: dict[str, Array]) -> Features:
        """What `arrays` gave."""
        made = []
        for name, options in (("words", WORDS), ("characters", CHARACTERS)):
            vocabulary = {str(feature): index for index, feature in enumerate(kept[f"{name}_vocabulary"])}
            vectorizer = TfidfVectorizer(**options, vocabulary=vocabulary)
            vectorizer.idf_ = kept[f"{name}_idf"]
            made.append(vectorizer)
        return cls(*made)

    def arrays(self) -> dict[str, Array]:
        """Vocabulary and weights as plain arrays, to be kept."""
        kept = {}
        for name, vectorizer in (("words", self._words), ("characters", self._characters)):
            kept[f"{name}_vocabulary"] = np.array(vectorizer.get_feature_names_out(), dtype=np.str_)
            kept[f"{name}_idf"] = vectorizer.idf_
        return kept

    def rows(self, texts: Sequence[str]) -> csr_matrix:
        """A row a text."""
        spelled = [search_form(text) for text in texts]
        return hstack([self._words.transform(spelled), self._characters.transform(spelled)], format="csr")

    def word_shares(self, text: str, weights: Array) -> dict[str, float]:
        """What each word of a text adds to the sum of its features times `weights`.

        A pair of words is shared by both; characters belong to the word they stand in. The shares add up
        to the whole.
        """
        row = self.rows([text])
        value = dict(zip(row.indices.tolist(), (row.data * weights[row.indices]).tolist(), strict=True))
        words = search_form(text).split()
        counted: Counter[int] = Counter()
        places: list[tuple[str, int, float]] = []
        for feature in self._of_word(" ".join(words)):
            index = self._words.vocabulary_.get(feature)
            parts = feature.split(" ")
            places += [(part, index, 1 / len(parts)) for part in parts if index is not None]
            counted[index] += index is not None
        for word in words:
            for feature in self._of_characters(word):
                found = self._characters.vocabulary_.get(feature)
                if found is not None:
                    places.append((word, found + self._offset, 1.0))
                    counted[found + self._offset] += 1
        shares: dict[str, float] = dict.fromkeys(words, 0.0)
        for word, index, part in places:
            shares[word] += part * value.get(index, 0.0) / counted[index]
        return shares
