"""The pages of links: plain HTML, no script, everything escaped by the template engine."""

import base64
import hashlib
import re
from datetime import datetime
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING

from skyferry.functions.api.http import Request, Response
from skyferry.functions.api.problems import Problem

if TYPE_CHECKING:
    from jinja2 import Environment

    from skyferry.functions.api.request_schemas import OpenRequest
    from skyferry.functions.api.schemas import OpenLink

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_FORMS = frozenset({"text/html", "application/json"})
_WEIGHT = re.compile(r"[01](\.[0-9]{0,3})?")
_UNITS = ("bytes", "KB", "MB", "GB", "TB")


def wanted(request: Request) -> bool:
    """A browser names HTML; whoever accepts anything, or JSON as gladly and first, gets JSON."""
    weights = _weights(request.headers.get("accept", ""))
    html, json = weights.get("text/html", 0.0), weights.get("application/json", 0.0)
    if html != json:
        return html > json
    return html > 0 and next(name for name in weights if name in _FORMS) == "text/html"


def _weights(accept: str) -> dict[str, float]:
    """Media types and their q (RFC 9110, 12.5.1); one that cannot be read counts as not given."""
    found: dict[str, float] = {}
    for part in accept.split(","):
        name, *parameters = (word.strip().lower() for word in part.split(";"))
        given = [word[2:] for word in parameters if word.startswith("q=")]
        found.setdefault(name, float(given[0]) if given and _WEIGHT.fullmatch(given[0]) else 1.0)
    return found


def link(view: "OpenLink", token: str) -> Response:
    return _html("link.html", HTTPStatus.OK, view=view, token=token)


def request(view: "OpenRequest") -> Response:
    return _html("request.html", HTTPStatus.OK, view=view)


def locked(action: str, refused: str | None = None, status: int = HTTPStatus.OK) -> Response:
    """The form that asks for a password; `action` is where it goes, seen from the page's own address."""
    return _html("locked.html", status, action=action, refused=refused)


def unsubscription(unsubscribed: bool) -> Response:
    return _html("unsubscribe.html", HTTPStatus.OK, unsubscribed=unsubscribed)


def problem(problem: Problem, detail: str) -> Response:
    return _html("problem.html", problem.status, detail=detail)


def _html(template: str, status: int, **values: object) -> Response:
    body = _templates().get_template(template).render(values)
    style = _STYLE.search(body)
    digest = hashlib.sha256(style.group(1).encode()).digest() if style else b""
    source = base64.b64encode(digest).decode()
    headers = {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{source}'; base-uri 'none'; frame-ancestors 'none'"
        ),
    }
    return Response(status, body, headers, content_type="text/html; charset=utf-8")


@cache
def _templates() -> "Environment":
    # Loaded when the first page is asked for: most calls want JSON.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    templates = Environment(
        loader=PackageLoader(__package__), autoescape=True, undefined=StrictUndefined
    )
    templates.filters["size"] = size
    templates.filters["day"] = day
    return templates


def size(count: int) -> str:
    """Bytes as people say them, in decimal units."""
    number, unit = float(count), 0
    while number >= 1000 and unit < len(_UNITS) - 1:
        number, unit = number / 1000, unit + 1
    return f"{count} {_UNITS[0]}" if unit == 0 else f"{number:.1f} {_UNITS[unit]}"


def day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"
