"""Tariff codes: does one exist, and which ones might a description mean."""

import gzip
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from math import log, sqrt
from typing import Final, Literal

import msgspec

EDITION: Final = "HS 2022"

_NATIONAL: Final = re.compile(r"[0-9]{6,13}")
_WORD: Final = re.compile(r"[a-z]+(?:-[a-z]+)*")
_EXCLUDED: Final = re.compile(r"\b(?:not|other than|excluding|except)\b[^;,)]*")
_SILENT: Final = frozenset(
    {
        "and", "any", "for", "from", "heading", "including", "item", "nes", "not", "one", "other",
        "part", "such", "than", "that", "the", "their", "thereof", "they", "whether", "which",
        "with", "without",
    }
)  # fmt: skip
_TRADE_WORDS: Final = {
    "backpack": "travelling bag textile",
    "earbud": "headphone earphone",
    "hoodie": "pullover knitted",
    "jumper": "pullover knitted",
    "laptop": "portable automatic data processing machine",
    "lipstick": "lip make-up preparation",
    "mobile": "smartphone telephone",
    "perfume": "perfume toilet water",
    "phone": "smartphone telephone",
    "sneaker": "sport footwear",
    "sweater": "pullover knitted",
    "sweatshirt": "pullover knitted",
    "tee": "t-shirt",
    "trainer": "sport footwear",
    "tshirt": "t-shirt",
}
"""What shops call things, in the words of the nomenclature."""


class ClassifyOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a code can be declared: `hs6` and its description are filled when it is `valid`."""

    status: Literal["valid", "malformed", "unknown"]
    code: str
    edition: str
    hs6: str = ""
    description: str = ""


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """A subheading that shares words with a description; `score` runs from 0 to 1."""

    hs6: str
    score: float
    description: str


class Nomenclature:
    """One edition of the Harmonized System: descriptions by 4- and 6-digit code, ready to search.

    A code means something only within its edition; the World Customs Organization renumbers every
    five years or so, next on 2028-01-01.
    """

    def __init__(self, edition: str, descriptions: Mapping[str, str]) -> None:
        """Index each subheading by its own words and, at half weight, those of its heading."""
        self.edition = edition
        self.descriptions = descriptions
        counted = {
            code: _counted(text, descriptions.get(code[:4], ""))
            for code, text in descriptions.items()
            if len(code) == 6
        }
        spread = Counter(word for counts in counted.values() for word in counts)
        self.rarity = {word: log(len(counted) / found) for word, found in spread.items()}
        self.postings: dict[str, list[tuple[str, float]]] = {}
        for code, counts in counted.items():
            weights = {word: times * self.rarity[word] for word, times in counts.items()}
            norm = sqrt(sum(weight * weight for weight in weights.values())) or 1.0
            for word, weight in weights.items():
                self.postings.setdefault(word, []).append((code, weight / norm))


@cache
def hs_2022() -> Nomenclature:
    """Return the shipped nomenclature (its source is told in `data/SOURCE.md`)."""
    packed = (resources.files(__package__) / "data" / "hs_2022.tsv.gz").read_bytes()
    rows = (line.split("\t") for line in gzip.decompress(packed).decode("utf-8").splitlines())
    return Nomenclature(EDITION, {code: description for code, description in rows})  # noqa: C416  a two-item list is a pair to us and not to the type checker


def check_hs(code: str, nomenclature: Nomenclature) -> ClassifyOutcome:
    """Tell whether the six first digits of `code` are a subheading of the nomenclature.

    Dots and spaces are ignored, and a national code of up to 13 digits is judged by its first six.
    """
    digits = re.sub(r"[ .]", "", code)
    if not _NATIONAL.fullmatch(digits):
        return ClassifyOutcome(status="malformed", code=code, edition=nomenclature.edition)
    description = nomenclature.descriptions.get(digits[:6])
    if description is None:
        return ClassifyOutcome(status="unknown", code=code, edition=nomenclature.edition)
    return ClassifyOutcome(
        status="valid",
        code=code,
        edition=nomenclature.edition,
        hs6=digits[:6],
        description=description,
    )


def suggest(
    description: str, nomenclature: Nomenclature, *, limit: int = 10
) -> tuple[Suggestion, ...]:
    """Rank subheadings by the words they share with `description`, for a person to confirm.

    Rare words weigh more (tf-idf, cosine; Salton and Buckley 1988), and a subheading that excludes
    a word of the description loses by it. Never apply one unseen: words are not legal notes.
    """
    asked = [word for word in _expanded(_words(description)) if word in nomenclature.rarity]
    weights = {word: nomenclature.rarity[word] for word in asked}
    norm = sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    scores: dict[str, float] = {}
    for word, weight in sorted(weights.items()):
        for code, held in nomenclature.postings[word]:
            scores[code] = scores.get(code, 0.0) + weight / norm * held
    ranked = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(
        Suggestion(hs6=code, score=round(score, 4), description=nomenclature.descriptions[code])
        for code, score in ranked[:limit]
        if score > 0
    )


def _counted(text: str, heading: str) -> dict[str, float]:
    counts: dict[str, float] = dict.fromkeys(_words(_EXCLUDED.sub(" ", text.lower())), 1.0)
    for word in _words(_EXCLUDED.sub(" ", heading.lower())):
        counts.setdefault(word, 0.5)
    for excluded in _EXCLUDED.findall(text.lower()):
        for word in _words(excluded):
            counts[word] = -1.0
    return counts


def _words(text: str) -> list[str]:
    found = _WORD.findall(text.lower())
    parts = [part for word in found if "-" in word for part in word.split("-")]
    return [_singular(word) for word in found + parts if len(word) > 2 and word not in _SILENT]


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us")) else word


def _expanded(words: Iterable[str]) -> list[str]:
    return [other for word in words for other in [word, *_words(_TRADE_WORDS.get(word, ""))]]
