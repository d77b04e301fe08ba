"""Between the functions and AWS, over HTTP: a share of the calls is throttled, fails, is refused, hangs, or is done
without that anybody hears of it."""

import asyncio
import io
import random
import re
from collections import Counter
from collections.abc import Collection
from threading import Thread
from types import TracebackType
from typing import Final, Self
from urllib.parse import unquote

import aiohttp
from aiohttp import web
from yarl import URL

from tests.faults import kinds

_HOST: Final = "127.0.0.1"
_WEIGHTS: Final = {
    kinds.THROTTLED: 3,
    kinds.SERVER_ERROR: 3,
    kinds.REFUSED: 3,
    kinds.LOST_ONCE: 3,
    # Longer than a function waits (4 s, S3 and SES 10 s); few, since each costs that long.
    kinds.SLOW: 1,
}
_HANGING: Final = 11.0
_SERVICE: Final = re.compile(r"[Cc]redential=[^/]+/\d{8}/[a-z0-9-]+/([a-z0-9]+)/aws4_request")
_HOP_BY_HOP: Final = {"connection", "keep-alive", "transfer-encoding", "content-length", "date"}


class FaultProxy:
    """Forwards to one address for as long as it is entered. `rate` 0 heals it."""

    def __init__(self, target: str, rate: float, faults: Collection[str] = tuple(_WEIGHTS)) -> None:
        self.rate = rate
        self._faults = {kind: _WEIGHTS[kind] for kind in faults}
        self.seen: Counter[str] = Counter()
        self._target = target
        self._rng = random.Random()  # noqa: S311 - accidents, no secret
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://{_HOST}:{self._port}"

    @property
    def faults(self) -> int:
        return sum(count for kind, count in self.seen.items() if kind in kinds.KINDS)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> None:
        self._client = aiohttp.ClientSession(
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=60),
            connector=aiohttp.TCPConnector(limit=0),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )
        self._runner = web.ServerRunner(
            web.Server(self._serve, auto_decompress=False, access_log=None),
            # At once: the functions keep their connections open.
            shutdown_timeout=0.1,
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, _HOST, 0).start()
        self._port: int = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        await self._runner.cleanup()
        await self._client.close()
        # A call that hangs outlives the connection that it came by.
        calls = asyncio.all_tasks() - {asyncio.current_task()}
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.content.read()
        fault = self._drawn()
        self.seen[fault or "passed"] += 1
        if fault in {kinds.THROTTLED, kinds.SERVER_ERROR}:
            error = kinds.error(_service(request), fault)
            return web.Response(status=error.status, headers=error.headers, body=error.body)
        if fault == kinds.SLOW:
            await asyncio.sleep(_HANGING)
        answer = None if fault in {kinds.SLOW, kinds.REFUSED} else await self._passed(request, body)
        if fault or answer is None:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        return answer

    def _drawn(self) -> str:
        if self._rng.random() >= self.rate:
            return ""
        return self._rng.choices(list(self._faults), list(self._faults.values()))[0]

    async def _passed(self, request: web.BaseRequest, body: bytes) -> web.Response:
        url = URL(self._target + request.raw_path, encoded=True)
        async with self._client.request(
            request.method,
            url,
            headers=request.headers,
            data=io.BytesIO(body) if body else None,
            allow_redirects=False,
        ) as answer:
            headers = [
                (name, value)
                for name, value in answer.headers.items()
                if name.lower() not in _HOP_BY_HOP or request.method == "HEAD"
            ]
            made = web.Response(status=answer.status, body=await answer.read())
            for name, value in headers:
                made.headers[name] = value
            return made


def _service(request: web.BaseRequest) -> str:
    """For whom the request is signed; a form for S3 is the one that is not."""
    signed = request.headers.get("Authorization", "") + unquote(request.raw_path)
    found = _SERVICE.search(signed.replace("X-Amz-C", "C"))
    return found[1] if found else "s3"
