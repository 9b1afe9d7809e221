"""Why a JSON text was refused: what is wrong, where it stands, what to do. Slow, and exact."""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from penstock.channels.json_fit import explained, misfits, step
from penstock.channels.json_mend import Rules, breaches_besides
from penstock.channels.parsed import require_utf8, shown
from penstock.kernel.errors import FieldError, Invalid, Malformed, Refusal

FAULTS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises at a text that it cannot decode."""

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|(NaN|-?Infinity)', re.DOTALL)
_DIGITS = 40
_WORDS = {
    "Expecting value": "a value is missing, or is not JSON",
    "Expecting property name enclosed in double quotes": "a key in double quotes is missing",
    "Expecting ',' delimiter": "a comma or a closing bracket is missing",
    "Expecting ':' delimiter": "a colon is missing after the key",
    "Unexpected UTF-8 BOM (decode using utf-8-sig)": "a byte-order mark stands first: leave it out",
    "Extra data": "something follows after the end",
    "Invalid control character at": "a line break, tab or control character stands in a text",
    "Invalid \\escape": "a backslash in a text starts no escape that JSON knows",
    "Invalid \\uXXXX escape": "\\u must be followed by four hexadecimal digits",
}


class _Object(list[tuple[str, Any]]):
    """A JSON object with all its members, repeated ones too."""


def refusal(
    raw: bytes,
    kind: Any,
    fault: Exception | None,
    *,
    line: int = 1,
    closed: bool = False,
    rules: Rules | None = None,
) -> Refusal:
    """Explain why `raw` did not decode into the Struct `kind`.

    Invalid with every field at fault where the text is JSON; Malformed with line and column
    where it is not. `line` is where `raw` stands in its file. `closed` forbids unknown fields;
    `rules` are asked of what fits, so that nobody is told of one fault after another.
    """
    try:
        text = require_utf8(raw, line=line)
        tree = _scan(text)
        value = _plain(tree)
        errors = (*_unsound(tree), *misfits(value, kind, closed=closed))
        if rules is not None:
            errors += tuple(breaches_besides(errors, value, kind, rules))
    except Malformed as not_utf8:
        return not_utf8
    except json.JSONDecodeError as broken:
        return _broken(text, broken, line)
    except RecursionError:
        return _malformed("too_deep", "The JSON is nested too deeply: no order needs that.", line)
    if not errors and isinstance(fault, msgspec.ValidationError):
        errors = (explained(str(fault)),)
    if not errors:
        return _malformed("bad_json", "The body is not JSON that an order can be read from.", line)
    return invalid(errors)


def require_sound(raw: bytes) -> None:
    """Look at every key and every text of a JSON document that decodes.

    Raises:
        Invalid: an object has a key twice, so that one of two values would be lost in silence
            (RFC 8259 section 4 leaves the choice open), or a text holds a NUL or half a
            surrogate pair, which no database text can.

    """
    errors = tuple(_unsound(_scan(raw.decode())))
    if errors:
        raise invalid(errors)


def invalid(errors: tuple[FieldError, ...]) -> Invalid:
    """Refuse with these errors, the first of them as the sentence for people."""
    more = f" ({len(errors) - 1} more)" if len(errors) > 1 else ""
    return Invalid(f"{errors[0].detail}{more}", errors=errors)


def _scan(text: str) -> Any:
    return json.loads(
        text, object_pairs_hook=_Object, parse_int=_whole_number, parse_constant=_not_json(text)
    )


def _whole_number(digits: str) -> int:
    return int(digits[:_DIGITS])


def _not_json(text: str) -> Any:
    def refuse(_constant: str) -> None:
        at = next(m.start() for m in _CONSTANT.finditer(text) if m[1])
        raise json.JSONDecodeError("NaN and Infinity are not JSON", text, at)

    return refuse


def _unsound(tree: Any) -> Iterator[FieldError]:
    waiting: list[tuple[str, Any]] = [("", tree)]
    while waiting:
        pointer, value = waiting.pop()
        if isinstance(value, str):
            if _UNSTORABLE.search(value):
                yield _bad_text(pointer, "The text")
        elif isinstance(value, _Object):
            seen = set[str]()
            for key, member in value:
                inner = f"{pointer}/{step(key)}"
                if _UNSTORABLE.search(key):
                    yield _bad_text(inner, f"The key {shown(key)}")
                if key in seen:
                    detail = f"The key {shown(key)} stands twice in one object: keep one of them."
                    yield FieldError(inner, "duplicate_key", detail)
                seen.add(key)
                waiting.append((inner, member))
        elif isinstance(value, list):
            waiting.extend((f"{pointer}/{index}", item) for index, item in enumerate(value))


def _plain(tree: Any) -> Any:
    if isinstance(tree, _Object):
        return {_plain(key): _plain(value) for key, value in tree}
    if isinstance(tree, list):
        return [_plain(item) for item in tree]
    return tree.encode(errors="replace").decode() if isinstance(tree, str) else tree


def _bad_text(pointer: str, what: str) -> FieldError:
    detail = f"{what} holds a NUL character or half a surrogate pair: take it out."
    return FieldError(pointer, "bad_text", detail)


def _broken(text: str, fault: json.JSONDecodeError, first: int) -> Malformed:
    if not text.strip():
        return _malformed("bad_json", "The body is empty: send an order as JSON.", first)
    if fault.pos >= len(text.rstrip()) or fault.msg.startswith("Unterminated"):
        lines = first + text.count("\n")
        column = len(text) - text.rfind("\n")
        detail = f"The JSON ends too early, at line {lines}, column {column}: the rest is missing."
        return _malformed("bad_json", detail, lines)
    at = first + fault.lineno - 1
    why = _WORDS.get(fault.msg, fault.msg)
    detail = f"The JSON is broken at line {at}, column {fault.colno}: {why}."
    return _malformed("bad_json", detail, at)


def _malformed(code: str, detail: str, line: int) -> Malformed:
    return Malformed(detail, errors=(FieldError("", code, detail, line),))
