"""What the gateway says when it does not do what it was asked for."""


class Refusal(Exception):
    """A business refusal, 40004, unless told otherwise; `signed` is false where Alipay signs no answer."""

    def __init__(self, sub_code: str, sub_msg: str, *, code: str = "40004", signed: bool = True) -> None:
        super().__init__(sub_msg)
        self.code = code
        self.sub_code = sub_code
        self.sub_msg = sub_msg
        self.signed = signed

    def fields(self) -> dict[str, str]:
        return {
            "code": self.code,
            "msg": MESSAGES.get(self.code, "Business Failed"),
            "sub_code": self.sub_code,
            "sub_msg": self.sub_msg,
        }


MESSAGES = {
    "20000": "Service Currently Unavailable",
    "40001": "Missing Required Arguments",
    "40002": "Invalid Arguments",
    "40004": "Business Failed",
}


def invalid(sub_msg: str) -> Refusal:
    return Refusal("ACQ.INVALID_PARAMETER", sub_msg)


def no_trade() -> Refusal:
    return Refusal("ACQ.TRADE_NOT_EXIST", "交易不存在")
