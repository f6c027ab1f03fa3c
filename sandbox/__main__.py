"""`python -m sandbox`: start the stand-ins that were given a port, until SIGTERM or Ctrl-C.

Port 0 is any free one. Each writes a line with its name and address to the output once it listens.
"""

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from sandbox.alipay import server as alipay
from sandbox.ground.journal import Journal
from sandbox.stripe import server as stripe

Application = Callable[[argparse.Namespace, Journal | None], web.Application]


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    made.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    made.add_argument("--data", type=Path, metavar="FILE", help="keep payments here over a restart")
    stripe.add_arguments(made)
    alipay.add_arguments(made)
    return made


async def run(arguments: argparse.Namespace) -> None:
    journal = Journal(arguments.data) if arguments.data else None
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    wanted: list[tuple[str, int | None, Application]] = [
        ("stripe", arguments.stripe_port, stripe.application),
        ("alipay", arguments.alipay_port, alipay.application),
    ]
    runners = [
        await listen(name, arguments.host, port, application(arguments, journal))
        for name, port, application in wanted
        if port is not None
    ]
    await stopped.wait()
    for runner in runners:
        await runner.cleanup()
    if journal:
        journal.close()


async def listen(name: str, host: str, port: int, application: web.Application) -> web.AppRunner:
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    sys.stdout.write(f"{name} http://{host}:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    return runner


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(parser().parse_args()))
