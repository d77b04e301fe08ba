"""Where a webhook may point: a public host, by https. Whoever names the target must not reach through us
what only we can reach.

A name is judged here by its form alone; what it resolves to is judged by `is_public`, each time.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from skyferry.core.errors import FieldError, WebhookTargetError

MAX_URL = 2_000
_HTTPS = 443
_UNPRIVILEGED = 1024
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
#: Names that end so are numbers to some resolver: 127.1, 0x7f.1, 2130706433.
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
#: The only part of IPv6 that is in use between networks.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
#: Special networks that not every version of Python knows as such; in IPv6 also those that carry an IPv4
#: address inside.
_SPECIAL = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",
            "192.88.99.0/24",
            "2001::/23",
            "2001:db8::/32",
            "2002::/16",
            "3ffe::/16",
            "3fff::/20",
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Target:
    scheme: str
    #: A name in lower case, or an address without brackets.
    host: str
    port: int
    #: Path and query, as they go into the request line.
    path: str

    @property
    def authority(self) -> str:
        """For the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = self.scheme == "https" and self.port == _HTTPS
        return host if default else f"{host}:{self.port}"


def parse(url: str, stand_in: str | None = None) -> Target:
    """`stand_in` is the one origin that is exempt from the rules: the laptop cloud's own receiver.

    Raises WebhookTargetError for what can be refused without asking the DNS."""
    parts, port = _split(url)
    if stand_in is not None and f"{parts.scheme}://{parts.netloc}" == stand_in:
        return Target(parts.scheme, parts.hostname or "", port or 80, _path(parts))
    if parts.scheme != "https":
        raise refusal("must start with https://")
    if "@" in parts.netloc:
        raise refusal("must not hold a user name or password")
    if parts.fragment:
        raise refusal("must not have a fragment (#…)")
    port = _HTTPS if port is None else port
    if port != _HTTPS and port < _UNPRIVILEGED:
        raise refusal(f"has port {port}; 443 and 1024 to 65535 are allowed")
    return Target("https", _host(parts), port, _path(parts))


def _split(url: str) -> tuple[SplitResult, int | None]:
    if len(url) > MAX_URL:
        raise refusal(f"has {len(url)} characters; at most {MAX_URL} are allowed")
    if not (url.isascii() and url.isprintable()) or " " in url or "\\" in url:
        raise refusal("has a character that no URL has; encode it (names as xn--…)")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise refusal("is not a URL") from None
    return parts, port


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    try:
        address = ip_address(host)
    except ValueError:
        labels = host.split(".")
        named = len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels)
        if not named or _NUMBER.fullmatch(labels[-1]) or "[" in parts.netloc:
            raise refusal("must name a public host, as in https://hooks.example.com/path") from None
        return host
    if not is_public(address):
        raise forbidden()
    return host


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether anybody on the internet could reach the address without us."""
    if isinstance(address, IPv6Address) and (address.scope_id or address not in _GLOBAL_UNICAST):
        return False
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    return not any(address in network for network in _SPECIAL)


def forbidden() -> WebhookTargetError:
    """The same whichever address it is, so that nobody learns from it what our DNS knows."""
    return refusal("leads to an address that is not public")


def refusal(reason: str) -> WebhookTargetError:
    error = FieldError("/url", "webhook-target", reason)
    return WebhookTargetError(f"The webhook's URL {reason}.", errors=(error,))
