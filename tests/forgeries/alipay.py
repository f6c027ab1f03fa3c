"""Notifications that Alipay did not sign: `forgeries(key)` yields more than a thousand, each to be refused.

    for name, body in forgeries(key):
        ...

`key` is Alipay's, so that what is rightly signed and wrong all the same can be made too. Signatures are made
here and not by our client, so that nothing is judged by what it made itself.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from tests import hostile

FIELDS = {
    "app_id": "2021000000000001",
    "body": "",
    "buyer_id": "2088722009988776",
    "charset": "utf-8",
    "fund_bill_list": '[{"amount":"100.50","fundChannel":"ALIPAYACCOUNT"}]',
    "gmt_payment": "2026-11-24 12:00:00",
    "notify_id": "2026112400222120000074600513541234",
    "notify_time": "2026-11-24 12:00:01",
    "notify_type": "trade_status_sync",
    "out_trade_no": "top-up-1",
    "refund_fee": "0.00",
    "seller_id": "2088000000000001",
    "subject": "API Models 额度 100% + a=b&c",
    "total_amount": "100.50",
    "trade_no": "2026112422001476541234567890",
    "trade_status": "TRADE_SUCCESS",
    "version": "1.0",
}
_HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "SHA-1": hashes.SHA1(),  # noqa: S303 - refused
    "MD5": hashes.MD5(),  # noqa: S303 - refused
    "SHA-224": hashes.SHA224(),
    "SHA-512": hashes.SHA512(),
}


class Forgery(NamedTuple):
    name: str
    body: bytes


def joined(fields: Mapping[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in sorted(fields.items()))


def signature(text: str | bytes, key: RSAPrivateKey, algorithm: Any = None, scheme: Any = None) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return key.sign(data, scheme or padding.PKCS1v15(), algorithm or hashes.SHA256())


def base64_of(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def form(fields: Mapping[str, str], sign: str, sign_type: str | None = "RSA2") -> bytes:
    told = {**fields, "sign": sign} if sign_type is None else {**fields, "sign_type": sign_type, "sign": sign}
    return urlencode(told).encode()


def notification(key: RSAPrivateKey, **changes: str) -> bytes:
    """A notification as Alipay signs it."""
    fields = FIELDS | changes
    return form(fields, base64_of(signature(joined(fields), key)))


def forgeries(key: RSAPrivateKey) -> Iterator[Forgery]:
    yield from _flipped(key)
    yield from _other_signatures(key)
    yield from _written_otherwise(key)
    yield from _other_fields(key)
    yield from _twice(key)
    yield from _no_forms(key)


def _flipped(key: RSAPrivateKey) -> Iterator[Forgery]:
    raw = signature(joined(FIELDS), key)
    for position in range(len(raw)):
        for mask in (0x01, 0x80):
            wrong = raw[:position] + bytes([raw[position] ^ mask]) + raw[position + 1 :]
            yield Forgery(f"signature, byte {position} ^ {mask:#x}", form(FIELDS, base64_of(wrong)))
    right = base64_of(raw)
    for position, letter in enumerate(right):
        for mask in (0x01, 0x20, 0x80):
            wrong_text = right[:position] + chr(ord(letter) ^ mask) + right[position + 1 :]
            yield Forgery(f"its base64, letter {position} ^ {mask:#x}", form(FIELDS, wrong_text))
    body = notification(key)
    meant = parse_qsl(body.decode(), keep_blank_values=True)
    for position, byte in enumerate(body):
        for mask in (0x01, 0x20, 0x80):
            wrong_body = body[:position] + bytes([byte ^ mask]) + body[position + 1 :]
            # %2f is the same as %2F, and a plus the same as %20.
            if parse_qsl(wrong_body.decode("latin-1"), keep_blank_values=True) != meant:
                yield Forgery(f"body, byte {position} ^ {mask:#x}", wrong_body)


def _other_signatures(key: RSAPrivateKey) -> Iterator[Forgery]:
    text = joined(FIELDS)
    other = generate_private_key(public_exponent=65537, key_size=2048)
    short = generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - refused
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
    raws = {
        "another key": signature(text, other),
        "a short key": signature(text, short),
        "PSS": signature(text, key, scheme=pss),
        **{name: signature(text, key, algorithm) for name, algorithm in _HASHES.items()},
        "of nothing": signature("", key),
        "of the fields in another order": signature("&".join(reversed(text.split("&"))), key),
        "without empty fields": signature(joined({k: v for k, v in FIELDS.items() if v}), key),
        "of the fields as they are sent": signature(urlencode(sorted(FIELDS.items())), key),
        "with its kind": signature(joined(FIELDS | {"sign_type": "RSA2"}), key),
        "with a line break": signature(text + "\n", key),
        "of GBK": signature(text.encode("gbk"), key),
        "of another notification": signature(joined(FIELDS | {"total_amount": "999.99"}), key),
        "of JSON": signature(json.dumps(FIELDS), key),
        "zeros": bytes(256),
        "ones": b"\xff" * 256,
        "a digest alone": bytes(32),
    }
    for name, raw in raws.items():
        yield Forgery(f"signature: {name}", form(FIELDS, base64_of(raw)))
    for kind, algorithm in (("RSA", _HASHES["SHA-1"]), ("RSA", hashes.SHA256()), ("MD5", _HASHES["MD5"])):
        mark = base64_of(signature(text, key, algorithm))
        yield Forgery(f"{algorithm.name}, said to be {kind}", form(FIELDS, mark, kind))


def _written_otherwise(key: RSAPrivateKey) -> Iterator[Forgery]:
    raw = signature(joined(FIELDS), key)
    right = base64_of(raw)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = alphabet.index(right[-3])
    for offset in range(1, 16):
        # The last letter before the padding has four bits that stand for nothing.
        yield Forgery(f"the same bytes, +{offset}", form(FIELDS, right[:-3] + alphabet[last ^ offset] + "=="))
    wrong = {
        "empty": "",
        "a blank": " ",
        "the word null": "null",
        "cut": right[:-4],
        "half": right[: len(right) // 2],
        "without padding": right.rstrip("="),
        "with more padding": right + "==",
        "twice": right + right,
        "a blank before": " " + right,
        "a line break behind": right + "\n",
        "in lines of 76": base64.encodebytes(raw).decode(),
        "a NUL behind": right + "\x00",
        "in quotes": f'"{right}"',
        "with noise": right[:10] + "!" + right[10:],
        "for addresses": base64.urlsafe_b64encode(raw).decode() + "-_",
        "hexadecimal": raw.hex(),
        "base64 of base64": base64_of(right.encode()),
        "base32": base64.b32encode(raw).decode(),
        "raw": raw.decode("latin-1"),
        "full-width": "".join(chr(ord(letter) + 0xFEE0) for letter in right),
        "100,000 brackets": "[" * 100_000,
    }
    for name, text in wrong.items():
        yield Forgery(f"base64: {name}", form(FIELDS, text))
    bare = f"{urlencode(FIELDS)}&sign_type=RSA2&sign={right}"
    if "+" in right:
        yield Forgery("base64: a plus that means a blank", bare.encode())
    yield Forgery("no signature", urlencode(FIELDS | {"sign_type": "RSA2"}).encode())


def _other_fields(key: RSAPrivateKey) -> Iterator[Forgery]:
    right = base64_of(signature(joined(FIELDS), key))
    for name, value in FIELDS.items():
        yield Forgery(f"no {name}", form({k: v for k, v in FIELDS.items() if k != name}, right))
        yield Forgery(f"another {name}", form(FIELDS | {name: "x"}, right))
        yield Forgery(f"{name} with a blank", form(FIELDS | {name: value + " "}, right))
    yield Forgery("one field more", form(FIELDS | {"gmt_refund": "2026-11-24 12:00:00"}, right))
    for kind in (None, "", "RSA", "rsa2", "RSA2 ", "RSA2,RSA", "HMAC", "none", "\uff32SA2"):
        yield Forgery(f"kind {kind!r}", form(FIELDS, right, kind))
    for charset in ("gbk", "GB2312", "utf-16", "latin-1", "", "utf-8;gbk"):
        yield Forgery(f"rightly signed in {charset!r}", notification(key, charset=charset))
    for event_id in ("", " ", "a\x00b", "a b", "x" * 129, "编号", "a\r\nb"):
        yield Forgery(f"rightly signed, id {event_id[:10]!r}", notification(key, notify_id=event_id))
    yield Forgery("rightly signed, 70,000 bytes", notification(key, subject="x" * 70_000))
    yield Forgery("rightly signed, 100,000 brackets", notification(key, fund_bill_list="[" * 100_000))
    yield Forgery("rightly signed, 200 fields", notification(key, **{f"f{n}": "" for n in range(200)}))


def _twice(key: RSAPrivateKey) -> Iterator[Forgery]:
    body = notification(key)
    for name, value in parse_qsl(body.decode(), keep_blank_values=True):
        for again in (value, "0.01", ""):
            pair = urlencode({name: again}).encode()
            yield Forgery(f"{name} twice, first {again[:9]!r}", pair + b"&" + body)
            yield Forgery(f"{name} twice, last {again[:9]!r}", body + b"&" + pair)
    yield Forgery("an amount twice, once escaped", body + b"&%74otal_amount=0.01")
    yield Forgery("all of it twice", body + b"&" + body)


def _no_forms(key: RSAPrivateKey) -> Iterator[Forgery]:
    body = notification(key)
    for name, raw in (hostile.BODIES | hostile.OBJECTS).items():
        yield Forgery(name, raw)
        yield Forgery(f"{name}, behind a form", body + b"&x=" + quote(raw).encode()[:60_000])
    parts = b"".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in parse_qsl(body.decode(), keep_blank_values=True)
    )
    wrong = {
        "multipart": parts + b"--x--\r\n",
        "JSON": json.dumps(dict(parse_qsl(body.decode(), keep_blank_values=True))).encode(),
        "UTF-16": body.decode().encode("utf-16"),
        "a byte order mark": b"\xef\xbb\xbf" + body,
        "semicolons": body.replace(b"&", b";"),
        "a bare ampersand": body + b"&",
        "a name alone": body + b"&x",
        "a value that is not UTF-8": body + b"&x=%ff",
        "a value that becomes the signed one if mended": notification(key, subject="\ufffd").replace(
            b"%EF%BF%BD", b"%FF"
        ),
        "an overlong encoding": body + b"&x=%c0%af",
        "half a surrogate pair": body + b"&x=%ed%a0%80",
        "a name that is not UTF-8": body + b"&%ff=x",
        "raw bytes that are not ASCII": body + b"&x=\xe9",
        "raw UTF-8": body + "&x=额".encode(),
        "NUL": body + b"&x=%00",
        "10 MB": body + b"&x=" + b"x" * 10_000_000,
        "100,000 fields": body + b"&a=" * 100_000,
        "100,000 ampersands": b"&" * 100_000,
        "100,000 equals signs": b"=" * 60_000,
        "percent signs": b"%" * 60_000,
        "a query before": b"?" + body,
    }
    for name, raw in wrong.items():
        yield Forgery(f"form: {name}", raw)
