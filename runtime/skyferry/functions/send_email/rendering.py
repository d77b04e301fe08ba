"""The words of a mail. User text is escaped in HTML by the template engine, quoted in the text part, and
never becomes a link of ours, a header or a template."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from skyferry.adapters.mailer import Rendered
from skyferry.core.models import Recipient, Transfer


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader(__package__),
        # By ending: .html escapes, .txt has nothing to escape.
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(transfer: Transfer, recipient: Recipient, link_url: str) -> Rendered:
    values = {
        "title": transfer.title,
        "sender": transfer.sender,
        "message_lines": (transfer.message or "").splitlines(),
        "name": recipient.name,
        "file_count": transfer.file_count,
        "expires": f"{transfer.expires_at:%d %B %Y, %H:%M} UTC",
        "link_url": link_url,
    }
    return Rendered(
        subject=_subject(transfer),
        text=_templates().get_template("available.txt").render(values),
        html=_templates().get_template("available.html").render(values),
    )


def _subject(transfer: Transfer) -> str:
    """Our own words first; the title is one line by validation, and the header stays short."""
    who = transfer.sender or "Somebody"
    subject = f"{who} sent you files" + (f": {transfer.title}" if transfer.title else "")
    return subject if len(subject) <= 150 else subject[:149] + "…"
