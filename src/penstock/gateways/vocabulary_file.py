"""A vocabulary file that somebody hands in: read as strictly as our own, its errors by line."""

from collections.abc import Iterator
from typing import Any

import msgspec

from penstock.channels.json_fit import misfits, step
from penstock.channels.parsed import shown
from penstock.gateways.statuses import TOPICS, Vocabularies, read_vocabularies
from penstock.kernel import toml_lines
from penstock.kernel.errors import FieldError, Invalid, Malformed
from penstock.kernel.toml_text import NotToml, read_toml, without_mark

LENGTH_MAX = 255
"""Characters of a name, a code or a reason."""


def read_vocabulary_file(text: str, name: str) -> Vocabularies:
    """Read vocabularies: a table for each, in it one for each topic, in it each code's meaning.

    Raises:
        Malformed: no TOML; the detail has line and column.
        Invalid: TOML, but no vocabulary; `errors` has every place at fault, with its line.

    """
    try:
        data = read_toml(text)
    except NotToml as error:
        raise Malformed(f"{name}, line {error.line}: {error.what}.") from error
    text = without_mark(text)
    found = toml_lines.lines(text)
    errors = tuple(
        msgspec.structs.replace(error, line=toml_lines.line_of(found, path))
        for path, error in _faults(data)
    )
    if errors:
        raise Invalid(f"{name}, line {errors[0].line}: {errors[0].detail}", errors=errors)
    return read_vocabularies(text, name)


def _faults(data: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], FieldError]]:
    if not data:
        detail = "there is no vocabulary: begin with a table such as [puffin.parcel]."
        yield (), FieldError("", "required", detail)
    for vocabulary, topics in data.items():
        at = (vocabulary,)
        if not 0 < len(vocabulary) <= LENGTH_MAX or not vocabulary.isprintable():
            yield at, _wrong(at, "bad_name", f"use a name of 1 to {LENGTH_MAX} characters.")
        if not isinstance(topics, dict) or not topics:
            detail = f"{shown(vocabulary)} must be a table for each topic: {', '.join(TOPICS)}."
            yield at, _wrong(at, "wrong_type", detail)
            continue
        for topic, codes in topics.items():
            yield from _topic_faults((vocabulary, topic), codes)


def _topic_faults(at: tuple[str, str], codes: Any) -> Iterator[tuple[tuple[str, ...], FieldError]]:
    kind = TOPICS.get(at[1])
    if kind is None:
        detail = f"{shown(at[1])} is no topic: use one of: {', '.join(TOPICS)}."
        yield at, _wrong(at, "bad_choice", detail)
        return
    if not isinstance(codes, dict):
        yield at, _wrong(at, "wrong_type", f"{at[1]} must be a table of codes.")
        return
    for code, meaning in codes.items():
        place = (*at, code)
        if not 0 < len(code) <= LENGTH_MAX or not code.isprintable():
            yield place, _wrong(place, "bad_name", f"use a code of 1 to {LENGTH_MAX} characters.")
        if isinstance(meaning, dict) and len(str(meaning.get("reason", ""))) > LENGTH_MAX:
            yield place, _wrong(place, "too_long", f"use a reason of at most {LENGTH_MAX} letters.")
        if not isinstance(meaning, dict):
            detail = f'{shown(code)} must be a table such as {{ event = "info" }}.'
            yield place, _wrong(place, "wrong_type", detail)
            continue
        for error in misfits(meaning, kind, closed=True):
            pointer = _wrong(place, "", "").pointer + error.pointer
            detail = f"{shown(code)}: {error.detail}"
            yield place, FieldError(pointer, error.code, detail)


def _wrong(path: tuple[str, ...], code: str, detail: str) -> FieldError:
    return FieldError("".join(f"/{step(part)}" for part in path), code, detail)
