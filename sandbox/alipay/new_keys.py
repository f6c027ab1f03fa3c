"""`python -m sandbox.alipay.new_keys FILE`: make two key pairs, FILE for the stand-in, the rest printed."""

import argparse
import json
from pathlib import Path

from sandbox.alipay import rsa

APP_ID, SELLER_ID = "2021000000000001", "2088000000000001"


def new_keys(file: Path) -> dict[str, str]:
    """Write what the stand-in needs to `file` and return the variables of an app that talks to it."""
    app, alipay = rsa.new_key(), rsa.new_key()
    kept = {
        "app_id": APP_ID,
        "seller_id": SELLER_ID,
        "app_public_key": rsa.public_text(app),
        "private_key": rsa.private_text(alipay),
    }
    file.touch(mode=0o600)
    file.write_text(json.dumps(kept, indent=2), encoding="utf-8")
    return {
        "ALIPAY_APP_ID": APP_ID,
        "ALIPAY_SELLER_ID": SELLER_ID,
        "ALIPAY_PRIVATE_KEY": rsa.private_text(app),
        "ALIPAY_PUBLIC_KEY": rsa.public_text(alipay),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m sandbox.alipay.new_keys", description=__doc__)
    parser.add_argument("file", type=Path)
    for name, value in new_keys(parser.parse_args().file).items():
        print(f"{name}={value}")  # noqa: T201 - this is what the command is for
