"""Stripe's stand-in as one application: API, checkout page, webhooks and control API."""

import asyncio
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncIterator

from aiohttp import web

from sandbox.ground.answers import slow_answers
from sandbox.ground.control import add_control
from sandbox.ground.journal import Journal
from sandbox.stripe import checkouts
from sandbox.stripe.account import Account
from sandbox.stripe.acts import acts
from sandbox.stripe.api import add_endpoint, door, one_at_a_time
from sandbox.stripe.endpoints import books, customers, intents, refunds, searches
from sandbox.stripe.endpoints import checkouts as checkout_endpoints
from sandbox.stripe.pages import add_pages

ENDPOINTS = [
    *searches.ENDPOINTS,
    *checkout_endpoints.ENDPOINTS,
    *intents.ENDPOINTS,
    *customers.ENDPOINTS,
    *refunds.ENDPOINTS,
    *books.ENDPOINTS,
]
LARGEST_BODY = 256 * 1024
EXPIRY_EVERY_S = 1.0


def add_arguments(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("Stripe's stand-in")
    group.add_argument("--stripe-port", type=int, metavar="N", help="listen here; without it, do not start")
    group.add_argument("--stripe-key", default="sk_test_sandbox", help="the API key it accepts")
    group.add_argument("--stripe-webhook-url", default="", help="where its webhooks go; empty: nowhere")
    group.add_argument("--stripe-webhook-secret", default="whsec_sandbox", help="what they are signed with")


def application(arguments: Namespace, journal: Journal | None) -> web.Application:
    account = Account(
        journal,
        api_key=arguments.stripe_key,
        webhook_url=arguments.stripe_webhook_url,
        webhook_secret=arguments.stripe_webhook_secret,
    )
    return serve(account)


def serve(account: Account) -> web.Application:
    slow = slow_answers(account.ground, prefix="/v1/")
    app = web.Application(middlewares=[door(account), one_at_a_time(), slow], client_max_size=LARGEST_BODY)
    for endpoint in ENDPOINTS:
        add_endpoint(app, account, endpoint)
    add_pages(app, account)
    add_control(app, account.ground, acts(account))

    async def expiring(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(keep_expiring(account))
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    app.cleanup_ctx.append(account.ground.background)
    app.cleanup_ctx.append(expiring)
    return app


async def keep_expiring(account: Account) -> None:
    """Expire sessions as their time comes, so that their events go out without anybody asking."""
    while True:
        checkouts.expire_due(account)
        await asyncio.sleep(EXPIRY_EVERY_S)
