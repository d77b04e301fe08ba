"""Messages to servers that our users name. The connection goes to the very address that was judged: a name
that resolves to something else a moment later gains nothing."""

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from threading import Timer
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError

from skyferry.core import limits, webhook_target
from skyferry.core.errors import WebhookUnansweredError
from skyferry.core.webhook_target import Target

#: The addresses of a host, as the connection would be made to them.
Resolve = Callable[[str, int], list[str]]


def resolve(host: str, port: int) -> list[str]:
    """IPv4 first: a function outside a VPC has no IPv6. Raises OSError for a name nobody knows."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
    return sorted(addresses, key=lambda address: ":" in address)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class WebhookSender:
    """Implements core.ports.WebhookSender."""

    #: The one origin that is exempt from the rules (`contract.Env.WEBHOOK_STAND_IN`), or `none`.
    stand_in: str
    resolve: Resolve = resolve

    def check(self, url: str) -> None:
        target = self._parse(url)
        try:
            self._addresses(target)
        except OSError:
            return

    def post(self, url: str, headers: Mapping[str, str], body: str) -> int:
        target = self._parse(url)
        try:
            address = self._addresses(target)[0]
        except OSError:
            raise WebhookUnansweredError("The receiver's name is not known.") from None
        with _pool(target, address) as pool, _deadline(pool):
            try:
                answer = pool.urlopen(
                    "POST",
                    target.path,
                    body=body.encode(),
                    headers={
                        **headers,
                        "Host": target.authority,
                        "Content-Type": "application/json",
                        "User-Agent": "Skyferry-Webhooks/1",
                        "Connection": "close",
                    },
                    redirect=False,
                    retries=False,
                    # The status is all we want of the answer; its body is never read.
                    preload_content=False,
                    assert_same_host=False,
                )
            except HTTPError as error:
                raise WebhookUnansweredError(_in_words(error)) from None
            answer.close()
        return int(answer.status)

    def _parse(self, url: str) -> Target:
        stand_in = None if self.stand_in == "none" else self.stand_in
        return webhook_target.parse(url, stand_in)

    def _addresses(self, target: Target) -> list[str]:
        """Raises WebhookTargetError if a single one of them is not public, OSError if there is none."""
        addresses = self.resolve(target.host, target.port)
        if target.scheme == "https" and not all(
            webhook_target.is_public(ip_address(address)) for address in addresses
        ):
            raise webhook_target.forbidden()
        return addresses


def _pool(target: Target, address: str) -> HTTPConnectionPool:
    timeout = Timeout(connect=limits.WEBHOOK_TIMEOUT, read=limits.WEBHOOK_TIMEOUT)
    if target.scheme == "http":
        return HTTPConnectionPool(address, target.port, timeout=timeout)
    return HTTPSConnectionPool(
        address,
        target.port,
        timeout=timeout,
        ssl_context=ssl.create_default_context(),
        # The connection is made to the address, the certificate must be the name's.
        server_hostname=target.host,
        assert_hostname=target.host,
    )


@contextmanager
def _deadline(pool: HTTPConnectionPool) -> Iterator[None]:
    """End the exchange when its time is up. The library's time-outs are for each read: a receiver that drips
    its answer byte by byte would hold us for as long as it likes."""
    made: list[HTTPConnection] = []
    connect = pool.ConnectionCls

    def connection(*args: Any, **options: Any) -> HTTPConnection:  # noqa: ANN401 - as the library calls it
        made.append(connect(*args, **options))  # type: ignore[arg-type]
        return made[-1]

    def cut() -> None:
        for each in made:
            if each.sock is not None:
                with suppress(OSError):
                    each.sock.shutdown(socket.SHUT_RDWR)

    pool.ConnectionCls = connection  # type: ignore[assignment]
    timer = Timer(limits.WEBHOOK_DEADLINE, cut)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _in_words(error: HTTPError) -> str:
    """For the owner of the webhook; the library's own text would name addresses."""
    match error:
        case SSLError():
            return (
                "No encrypted connection to the receiver: its certificate or its TLS is not valid."
            )
        case NewConnectionError() | ConnectTimeoutError():
            return "The receiver could not be reached."
        case _:
            return f"The receiver gave no answer within {limits.WEBHOOK_DEADLINE} seconds."
