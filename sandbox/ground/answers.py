"""How a stand-in answers calls: after a while, and by the faults not at all."""

import asyncio

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sandbox.ground.ground import Ground


def slow_answers(ground: Ground, *, prefix: str) -> Middleware:
    """Answer calls under `prefix` as a provider far away does; pages and the control API are not slowed.

    What was asked has happened before the wait: a caller that gives up in between cannot know.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith(prefix):
            return await handler(request)
        faults = ground.messages.faults
        if ground.chances.random() < faults.refuse:
            return web.Response(status=503, text="The stand-in refuses calls.")
        response = await handler(request)
        if 200 <= response.status < 300:
            await asyncio.sleep(ground.answer_ms / 1000)
        if ground.chances.random() < faults.cut and request.transport is not None:
            request.transport.abort()
        return response

    return middleware
