"""Options that several commands have, and texts of the command line made into values."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from skyferry_client.text import seconds

_LINK = re.compile(r"(https?://[^?#\s]+)/([tr])/([A-Za-z0-9._~-]+)/?(?:[?#]\S*)?")

TransferId = Annotated[str, typer.Argument(metavar="TRANSFER_ID")]
FileId = Annotated[str, typer.Argument(metavar="FILE_ID")]
Files = Annotated[list[Path], typer.Argument(metavar="FILE", help="Files or folders.")]
Link = Annotated[str, typer.Argument(metavar="LINK", help="The link, as it was given to you.")]
Title = Annotated[str | None, typer.Option(help="Shown to the others.")]
Message = Annotated[str | None, typer.Option(help="Shown to the others.")]
Password = Annotated[
    str | None,
    typer.Option(help="Asked of whoever opens the link; `-` asks you for it.", show_default=False),
]
LinkPassword = Annotated[
    str | None,
    typer.Option(
        "--password",
        envvar="SKYFERRY_LINK_PASSWORD",
        help="The link's password; asked for on a terminal.",
        show_default=False,
    ),
]
ExpiresIn = Annotated[str | None, typer.Option(help="30m, 12h, 7d …; the service has a default.")]
ExpiresAt = Annotated[str | None, typer.Option(help="When it ends, as 2030-01-31T12:00:00Z.")]
Output = Annotated[Path, typer.Option(help="The folder to put the files in.")]
Force = Annotated[bool, typer.Option("--force", help="Replace files that exist.")]
Parallel = Annotated[int, typer.Option(min=1, max=32, help="Uploads side by side.")]
Tags = Annotated[list[str] | None, typer.Option("--tag", metavar="KEY=VALUE", help="Repeatable.")]


def duration(text: str, option: str) -> int:
    try:
        return seconds(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def lifetime(text: str | None) -> int | None:
    return None if text is None else duration(text, "--expires-in")


def addresses(values: list[str]) -> tuple[str, ...]:
    """In the order given, each once; one option may hold several, separated by commas."""
    given = (part.strip() for value in values for part in value.split(","))
    return tuple(dict.fromkeys(part for part in given if part))


def tags(values: list[str] | None) -> dict[str, str]:
    pairs = [value.partition("=") for value in values or []]
    for key, equals, value in pairs:
        if not key or not equals:
            raise typer.BadParameter(f"{key or value!r} is not KEY=VALUE", param_hint="--tag")
    return {key: value for key, _, value in pairs}


def tag_filter(text: str | None) -> str | None:
    """KEY=VALUE, as tags are given everywhere else, in the way the API filters by it."""
    if text is None:
        return None
    ((key, value),) = tags([text]).items()
    return f"{key}:{value}"


def link_parts(link: str, kind: str) -> tuple[str, str]:
    """The API's address and the token of a link of the kind `t` (a transfer) or `r` (a request)."""
    match = _LINK.fullmatch(link.strip())
    if match is None or match[2] != kind:
        raise typer.BadParameter(
            f"is not a link of the form https://host/v1/{kind}/…", param_hint="LINK"
        )
    return match[1], match[3]


def new_password(text: str | None) -> str | None:
    """A password to set: as given, or with `-` asked for twice."""
    if text != "-":
        return text
    return str(typer.prompt("New password", hide_input=True, confirmation_prompt=True, err=True))


def changes(
    given: Mapping[str, object], clear: list[str] | None, clearable: tuple[str, ...]
) -> dict[str, object]:
    """A merge patch of what was given; null for what is to be cleared."""
    unknown = sorted(set(clear or []) - set(clearable))
    if unknown:
        raise typer.BadParameter(
            f"{', '.join(unknown)} cannot be cleared; {', '.join(clearable)} can",
            param_hint="--clear",
        )
    patch = {key: value for key, value in given.items() if value is not None}
    patch |= dict.fromkeys(clear or [])
    if not patch:
        raise typer.BadParameter("say what to change; --help lists what can be")
    return patch
