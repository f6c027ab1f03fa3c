"""One signed call to Alipay's gateway, and what its answer means for us."""

import json
import weakref
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import httpx

from billing.payments.alipay.account import Account
from billing.payments.alipay.answers import MOST_BYTES, Unbelievable, read_answer
from billing.payments.alipay.signing import OUTSIDE_REQUEST, SIGN_TYPE, sign, sign_string
from billing.payments.alipay.wire import shanghai
from billing.payments.errors import Rejected, Unreachable

# Reading is part of a webhook's or a page's answer; to give up early on what moves money only makes its
# outcome unknown, and a bill takes long to make.
_READING: Final = httpx.Timeout(4, connect=2)
_PATIENT: Final = httpx.Timeout(15, connect=2)
_BRIEF_METHODS: Final = frozenset({"alipay.trade.query", "alipay.trade.fastpay.refund.query"})
_SUCCESS: Final = "10000"
# Unavailable, and called too often: the call may be repeated as it is.
_UNKNOWN_CODES: Final = frozenset({"20000", "40005"})
_UNKNOWN_SUB_CODES: Final = frozenset(
    {
        *("ACQ.SYSTEM_ERROR", "aop.ACQ.SYSTEM_ERROR", "SYSTEM_ERROR", "ACQ.REFUND_CHARGE_ERROR"),
        *("isp.unknow-error", "aop.unknow-error", "isp.service-not-available"),
    }
)


class Gateway:
    """Signs what goes out and believes nothing that Alipay did not sign."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._http = httpx.Client(timeout=_READING)
        # Whoever made us may forget us: connections that were kept open end with us.
        weakref.finalize(self, self._http.close)

    def page(self, method: str, content: Mapping[str, Any], **extra: str) -> str:
        """Return the address at which a browser calls `method`; nothing is sent."""
        return f"{self._account.gateway}?{urlencode(self._signed(method, content, extra))}"

    def call(self, method: str, content: Mapping[str, Any], **extra: str) -> dict[str, Any]:
        """Call `method` and return its answer; raises `Unreachable` and `Rejected`."""
        parameters = self._signed(method, content, extra)
        # As in Alipay's own clients; the charset of a form is believed only in the address.
        form = {"biz_content": parameters.pop("biz_content")}
        timeout = _READING if method in _BRIEF_METHODS else _PATIENT
        request = {"params": parameters, "data": form, "timeout": timeout}
        body = self._read("POST", self._account.gateway, MOST_BYTES, **request)
        try:
            answer = read_answer(body, method, self._account.public_key)
        except Unbelievable as error:
            claim = f", it claims to say {error.told}" if error.told else ""
            raise Unreachable(f"{method}: {error}{claim}") from None
        return _judged(method, answer)

    def download(self, address: str, most_bytes: int) -> bytes:
        return self._read("GET", address, most_bytes, timeout=_PATIENT)

    def _signed(self, method: str, content: Mapping[str, Any], extra: Mapping[str, str]) -> dict[str, str]:
        parameters = {
            "app_id": self._account.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": SIGN_TYPE,
            "timestamp": shanghai(self._account.clock()),
            "version": "1.0",
            "biz_content": json.dumps(content, ensure_ascii=False, separators=(",", ":")),
            **extra,
        }
        signature = sign(sign_string(parameters, outside=OUTSIDE_REQUEST), self._account.private_key)
        return {**parameters, "sign": signature}

    def _read(self, verb: str, address: str, most_bytes: int, **request: Any) -> bytes:
        body = bytearray()
        try:
            with self._http.stream(verb, address, **request) as response:
                if response.status_code != httpx.codes.OK:
                    raise Unreachable(f"Alipay answered with status {response.status_code}")
                for part in response.iter_bytes():
                    body += part
                    if len(body) > most_bytes:
                        raise Unreachable(f"Alipay answered with more than {most_bytes} bytes")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # Their messages may hold the address, and with it the signature.
            raise Unreachable(f"Alipay did not answer: {type(error).__name__}") from None
        return bytes(body)


def _judged(method: str, answer: dict[str, Any]) -> dict[str, Any]:
    code = answer.get("code")
    if code == _SUCCESS:
        return answer
    reason = str(answer.get("sub_code") or code or "unknown")
    if code in _UNKNOWN_CODES or reason in _UNKNOWN_SUB_CODES:
        raise Unreachable(f"{method}: {reason}")
    raise Rejected(f"{method}: {answer.get('sub_msg') or answer.get('msg') or reason}", reason=reason)
