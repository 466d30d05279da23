"""What is common to all bodies on the wire: tolerant reading, deterministic writing.

Reading: a field that nobody needs must not cost a field that somebody needs. So every field is
optional, one of a wrong type reads as `None`, unknown fields are ignored and enumerations are
plain text. Whoever needs a field looks whether it is there.
"""

from __future__ import annotations

import json
import math
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, core_schema, from_json

MAX_NAMED = 3

_WRITER = json.JSONEncoder(
    allow_nan=False, ensure_ascii=False, separators=(",", ":"), sort_keys=True
)


class OrNone:
    """Marks a field that reads as `None` where its value has a wrong type."""

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.with_default_schema(handler(source), default=None, on_error="default")


Text = Annotated[str | None, OrNone()]
Flag = Annotated[bool | None, OrNone()]
Count = Annotated[Annotated[int, Field(ge=0)] | None, OrNone()]
Number = Annotated[Annotated[float, Field(ge=0, allow_inf_nan=False)] | None, OrNone()]
Millis = Annotated[Annotated[float, Field(gt=0, allow_inf_nan=False)] | None, OrNone()]
Version = Annotated[int | str | None, OrNone()]
Object = Annotated[dict[str, Any] | None, OrNone()]
Array = Annotated[list[Any] | None, OrNone()]


class Answer(BaseModel):
    """A body that came."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Request(BaseModel):
    """A body to send; a field that is `None` is left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class UnwritableError(ValueError):
    """A request that cannot be written as JSON; nothing of it was sent."""


def encode(request: Request) -> bytes:
    """Return the JSON of a request, the same bytes for equal requests, or raise.

    Keys are sorted: a row whose columns changed places makes the same body again, as an
    idempotency key demands.
    """
    fields = {name: value for name, value in vars(request).items() if value is not None}
    try:
        return _WRITER.encode(fields).encode()
    except (TypeError, ValueError, RecursionError) as exc:
        # A lone surrogate, NaN, a key or value that JSON does not have.
        raise UnwritableError(f"the request cannot be written as JSON: {exc}") from exc


def explain(error: ValidationError) -> UnwritableError:
    """Turn pydantic's complaint about a request into one line that names fields, not values."""
    named = [
        f"{'.'.join(map(str, one['loc']))}: {one['msg']}"
        for one in error.errors(include_url=False, include_input=False)[:MAX_NAMED]
    ]
    return UnwritableError(f"the request cannot be written: {'; '.join(named)}")


def load(body: bytes) -> Any:
    """Return the JSON value of a body; `ValueError` where there is none."""
    try:
        return from_json(body, allow_inf_nan=False, cache_strings="keys")
    except ValueError:
        return _mend(body)


def load_object(body: bytes) -> dict[str, Any] | None:
    """Return the JSON object of a body, or `None` where it is none."""
    try:
        value = load(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _mend(body: bytes) -> Any:
    # A byte order mark, NaN, a control character, half of a surrogate pair, a byte that is no
    # UTF-8: each is somebody's transcript, and none is worth the call id beside it.
    text = body.decode("utf-8-sig", "replace")
    try:
        value = json.loads(text, strict=False, parse_constant=_nothing, parse_float=_finite)
        clean = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    except RecursionError:
        raise ValueError("JSON nested too deeply") from None
    return from_json(clean)


def _nothing(_constant: str) -> None:
    return None


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None
