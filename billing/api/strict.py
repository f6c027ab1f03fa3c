"""Reading JSON bodies without mercy: small, UTF-8, one object, every key once, nothing beyond JSON."""

import json
from collections.abc import Mapping
from typing import IO, Any, Final, NoReturn, Protocol

from django.http import HttpRequest, UnreadablePostError
from rest_framework.parsers import BaseParser

from billing.errors import BillingError, Unacceptable

MOST_BYTES: Final = 64 * 1024
MOST_DISCARDED: Final = 16 * 1024 * 1024
MOST_ECHOED: Final = 100


class Malformed(BillingError):
    """Not a JSON object at all, so that no field of it can be judged."""

    code = "invalid"
    http_status = 400


class TooLarge(Unacceptable):
    http_status = 413

    def __init__(self, detail: str, **extra: Any) -> None:
        super().__init__(detail, code="too_large", **extra)


class NotJson(BillingError):
    code = "unsupported_media_type"
    http_status = 415


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_object(request: HttpRequest, *, most_bytes: int = MOST_BYTES) -> dict[str, Any]:
    """Read the request's body as one JSON object; raises `NotJson`, `TooLarge`, `Malformed`."""
    charset = (request.content_params or {}).get("charset", "utf-8")
    if request.content_type != "application/json" or charset.lower() not in {"utf-8", "utf8"}:
        raise NotJson("the content type must be application/json, in UTF-8")

    return load_object(read_body(request, most_bytes))


def load_object(body: bytes) -> dict[str, Any]:
    """Parse one JSON object; raises `Malformed` on whatever else it is, however hostile."""
    try:
        value = _decoder.decode(body.decode())
    except UnicodeDecodeError:
        raise Malformed("the body is not UTF-8") from None
    except RecursionError:
        raise Malformed("the body is nested too deeply") from None
    except json.JSONDecodeError as error:
        wrong = f"is not JSON: {error.msg} at character {error.pos}" if body else "is empty or not announced"
        raise Malformed(f"the body {wrong}") from None
    except ValueError:
        # Python refuses to convert more than 4300 digits, which would take quadratic time.
        raise Malformed("a number has too many digits") from None
    if type(value) is not dict:
        raise Malformed("the body must be a JSON object")
    return value


def echoed(name: str) -> str:
    """A caller's own name for something, short enough to be sent back."""
    return name if len(name) <= MOST_ECHOED else f"{name[:MOST_ECHOED]}…"


class StrictJSONParser(BaseParser):
    """The same for views that read `request.data` through a serializer."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        _media_type: str | None = None,
        _parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        return load_object(read_body(stream, MOST_BYTES))


def read_body(stream: _Readable, most_bytes: int) -> bytes:
    """Read all of a body of at most `most_bytes`; raises `TooLarge`, `Malformed`."""
    # Not `request.body`: its limit is one for all views.
    try:
        body = stream.read(most_bytes + 1)
        if len(body) > most_bytes:
            _discard(stream)
    except UnreadablePostError:
        raise Malformed("the body ended too early") from None
    if len(body) > most_bytes:
        raise TooLarge(f"the body must have at most {most_bytes} bytes")
    return body


def _discard(stream: _Readable) -> None:
    """Read on for a while: many clients miss an answer that comes before they have sent everything."""
    for _ in range(MOST_DISCARDED // MOST_BYTES):
        if not stream.read(MOST_BYTES):
            return


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise Malformed("is given twice", field=echoed(name))
            seen.add(name)
    return members


def _refuse_constant(constant: str) -> NoReturn:
    raise Malformed(f"{constant} is not JSON")


_decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)
