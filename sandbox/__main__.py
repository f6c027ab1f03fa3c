"""`python -m sandbox`: start the stand-ins that were given a port, until SIGTERM or Ctrl-C."""

import argparse
import asyncio
import contextlib
import signal
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from sandbox.ground.journal import Journal
from sandbox.stripe import server as stripe

Application = Callable[[argparse.Namespace, Journal | None], web.Application]


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    made.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    made.add_argument("--data", type=Path, metavar="FILE", help="keep payments here over a restart")
    stripe.add_arguments(made)
    return made


async def run(arguments: argparse.Namespace) -> None:
    journal = Journal(arguments.data) if arguments.data else None
    wanted: list[tuple[int | None, Application]] = [(arguments.stripe_port, stripe.application)]
    runners = []
    for port, application in wanted:
        if port is None:
            continue
        runner = web.AppRunner(application(arguments, journal), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, arguments.host, port).start()
        runners.append(runner)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await stopped.wait()
    for runner in runners:
        await runner.cleanup()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(parser().parse_args()))
