"""Alipay's stand-in as one application: gateway, cashier, downloads and control API."""

import asyncio
import json
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from sandbox.alipay import trades
from sandbox.alipay.acts import acts_of
from sandbox.alipay.bills import add_downloads
from sandbox.alipay.gateway import add_gateway
from sandbox.alipay.merchant import Merchant, Settings
from sandbox.alipay.pages import add_pages
from sandbox.ground.answers import slow_answers
from sandbox.ground.control import add_control
from sandbox.ground.journal import Journal

LARGEST_BODY = 256 * 1024
EXPIRY_EVERY_S = 1.0


def add_arguments(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("Alipay's stand-in")
    group.add_argument("--alipay-port", type=int, metavar="N", help="listen here; without it, do not start")
    group.add_argument(
        "--alipay-keys",
        type=Path,
        metavar="FILE",
        help="app_id, seller_id, app_public_key and private_key as JSON; `python -m sandbox.alipay.new_keys` "
        "makes one",
    )


def application(arguments: Namespace, journal: Journal | None) -> web.Application:
    settings = Settings(**json.loads(arguments.alipay_keys.read_text(encoding="utf-8")))
    return serve(Merchant(journal, settings))


def serve(merchant: Merchant) -> web.Application:
    slow = slow_answers(merchant.ground, prefix="/gateway.do")
    app = web.Application(middlewares=[slow], client_max_size=LARGEST_BODY)
    add_gateway(app, merchant)
    add_pages(app, merchant)
    add_downloads(app, merchant)
    add_control(app, merchant.ground, acts_of(merchant))

    async def expiring(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(keep_expiring(merchant))
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    app.cleanup_ctx.append(merchant.ground.background)
    app.cleanup_ctx.append(expiring)
    return app


async def keep_expiring(merchant: Merchant) -> None:
    """Close trades as their time comes, so that their notifications go out without anybody asking."""
    while True:
        for trade in merchant.ground.store.all(trades.TRADE):
            trades.expire(merchant, trade)
        await asyncio.sleep(EXPIRY_EVERY_S)
