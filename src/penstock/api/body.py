"""A JSON body, read as strictly as an order, and only once its sender is known."""

from functools import cache
from operator import methodcaller
from typing import Any

import msgspec
from litestar import Request

from penstock.api.problems import worded
from penstock.channels.json_faults import invalid
from penstock.channels.json_text import decode_closed
from penstock.kernel.errors import FieldError, Invalid, Malformed


class JsonRequest(Request[Any, Any, Any]):
    """A request whose JSON becomes the Struct that its handler calls `data`, or is refused.

    The framework alone would turn texts into numbers, keep the last of two equal keys, pass over
    a field whose name is misspelt, stop at the first error, and tell a stranger what is wrong with
    a body before asking who sent it. A Struct that knows rules beyond its types names those that it
    breaks by a method `breaches`: they are told together with what does not fit the types, and
    where all fits, by the operation.
    """

    async def json(self) -> Any:
        """Decode the body.

        Raises:
            Unauthorised: no valid key.
            Malformed: not JSON, or not UTF-8; the detail has line and column.
            Invalid: JSON, but not what the operation takes; `errors` has every field at fault.

        """
        field = self.route_handler.parsed_data_field
        assert field is not None, "only handlers with data ask for JSON"
        await self.app.state.context.callers.identify(self)
        raw = await self.body()
        if not raw.strip():
            raise Malformed("The body is empty: send it as JSON.")
        try:
            kind = field.annotation
            rules = methodcaller("breaches") if hasattr(kind, "breaches") else None
            return decode_closed(raw, _decoder(kind), rules)
        except Invalid as refused:
            raise invalid(tuple(_told(error) for error in refused.errors)) from None


@cache
def _decoder(kind: type[msgspec.Struct]) -> "msgspec.json.Decoder[msgspec.Struct]":
    return msgspec.json.Decoder(kind)


def _told(error: FieldError) -> FieldError:
    """Put into words what is told of every body but an order."""
    if not error.pointer and error.code == "wrong_type":
        return FieldError("", "wrong_type", "The body must be a JSON object: begin it with {.")
    return worded(error)
