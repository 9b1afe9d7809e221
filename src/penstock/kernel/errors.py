"""The error tree. Expected outcomes of one item are values; these refuse a whole request.

Refusal
├── Malformed        the bytes are not what the operation reads
├── Invalid          understood, but a rule forbids it; `errors` names each field
├── Unauthorised     no valid key
├── Forbidden        a valid key without the right
├── NotFound         no such thing for this caller
├── Conflict         the thing is in a state that forbids it
├── KeyReused        the idempotency key came before with another body
├── LimitReached     a cap or quota is full for now
│   └── RateLimited  the caller is faster than agreed; `retry_after_s` says when it has room
├── TooLarge         more bytes or items than the limit
└── Unavailable      try again later; `retry_after_s` says when
    └── Overloaded   more comes than can be served: shed before any work was done
Misconfigured        the process cannot start: one line that says what to do
"""

import msgspec

_DETAIL_MAX = 1_000


def readable(detail: str) -> str:
    """Cut out the middle of what nobody would read: a detail may quote a value of any size."""
    if len(detail) <= _DETAIL_MAX:
        return detail
    return f"{detail[: _DETAIL_MAX // 2]} … {detail[-_DETAIL_MAX // 3 :]}"


class FieldError(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing wrong with one field: where (JSON Pointer), which rule, and what to do."""

    pointer: str
    code: str
    detail: str
    line: int | None = None

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "detail", readable(self.detail))


class Refusal(Exception):  # noqa: N818  a refusal is an answer, not a fault
    """A whole request is refused; `code` is stable for machines, `detail` is for people."""

    code = "refused"
    title = "The request was refused."

    def __init__(
        self, detail: str = "", *, errors: tuple[FieldError, ...] = (), code: str = ""
    ) -> None:
        """Keep what a person reads (`detail`) and what a program points at (`errors`, `code`)."""
        self.code = code or type(self).code
        self.detail = readable(detail or self.title)
        super().__init__(self.detail)
        self.errors = errors


class Malformed(Refusal):
    """The bytes are not what the operation reads."""

    code = "malformed"
    title = "The body could not be read."


class Invalid(Refusal):
    """Understood, but one or more fields break a rule."""

    code = "invalid"
    title = "One or more fields are not acceptable."


class Unauthorised(Refusal):
    """No API key, or one that is unknown, expired or revoked."""

    code = "unauthorised"
    title = "A valid API key is needed: send it as 'Authorization: Bearer <key>'."


class Forbidden(Refusal):
    """The key is valid and its role does not allow the operation."""

    code = "forbidden"
    title = "This API key may not do that."


class NotFound(Refusal):
    """Unknown, or not the caller's: the answer is the same."""

    code = "not_found"
    title = "There is no such thing."


class Conflict(Refusal):
    """The thing is in a state that forbids the operation."""

    code = "conflict"
    title = "The present state does not allow that."


class KeyReused(Refusal):
    """An idempotency key came before with another body."""

    code = "key_reused"
    title = "This key was used before with a different body."


class LimitReached(Refusal):
    """A cap or quota is full for now."""

    code = "limit_reached"
    title = "A limit is reached for now."


class RateLimited(LimitReached):
    """The caller is faster than agreed: `limit` things a second, bursts of `burst`."""

    code = "rate_limited"
    title = "Too many at once; nothing was taken, try again after the time given."

    def __init__(self, detail: str, *, retry_after_s: float, limit: float, burst: int) -> None:
        """Keep what the answer's headers tell."""
        super().__init__(detail)
        self.retry_after_s = retry_after_s
        self.limit = limit
        self.burst = burst


class TooLarge(Refusal):
    """More bytes or more items than the limit in the settings reference."""

    code = "too_large"
    title = "The request is larger than the limit."


class Unavailable(Refusal):
    """The system cannot serve now; nothing was taken."""

    code = "unavailable"
    title = "Not available at the moment; nothing was taken, try again."
    retry_after_s = 1


class Overloaded(Unavailable):
    """More comes than can be served now; nothing was begun."""

    code = "overloaded"
    title = "More comes than can be served now; nothing was taken, try again."


class Misconfigured(Exception):  # noqa: N818  read at start, as one line
    """The process cannot start; the message is one line that says what to do."""
