"""What the operator's commands have in common: options, output, errors, the question before something is destroyed."""

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Final

import boto3
import typer
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as ConnectionFailedError
from rich.console import Console
from rich.table import Table
from skyferry.core.errors import SkyferryError, UnavailableError
from skyferry_client.cli.exit_codes import FAILED, GONE, UNAUTHORISED, UNAVAILABLE, USAGE

from skyferry_ops.deployment import Deployment, OperationError, UnknownHereError

Environment = Annotated[
    str,
    typer.Option(
        "--env", envvar="SKYFERRY_ENV", help="The environment, as config/NAME.toml is called."
    ),
]
Profile = Annotated[
    str | None, typer.Option("--profile", help="The AWS profile; else as every AWS tool finds it.")
]
Region = Annotated[
    str | None,
    typer.Option(
        "--region",
        # boto3 itself reads only the second.
        envvar=["AWS_REGION", "AWS_DEFAULT_REGION"],
        help="The AWS region; else the profile's.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@contextmanager
def operating(environment: str, profile: str | None, region: str | None) -> Iterator[Deployment]:
    """The deployment; what goes wrong is told in one line, with the exit codes of the whole command."""
    try:
        yield Deployment(environment, boto3.Session(profile_name=profile, region_name=region))
    except (OperationError, SkyferryError, BotoCoreError, ClientError) as error:
        typer.echo(str(error) or type(error).__name__, err=True)
        raise typer.Exit(exit_code(error)) from None


def exit_code(error: Exception) -> int:
    """What a script can do about it."""
    match error:
        case ClientError():
            code = error.response.get("Error", {}).get("Code", "")
            return next((number for words, number in _BY_WORD if code.startswith(words)), FAILED)
        case UnknownHereError():
            return GONE
        case NoCredentialsError() | PartialCredentialsError() | TokenRetrievalError():
            return UNAUTHORISED
        case ProfileNotFound() | NoRegionError():
            return USAGE
        case ConnectionFailedError() | HTTPClientError() | UnavailableError():
            return UNAVAILABLE
    return FAILED


#: How AWS's error codes begin.
_BY_WORD: Final = (
    (("AccessDenied", "ExpiredToken", "InvalidClientTokenId", "SignatureDoesNot", "Unrecognized"), UNAUTHORISED),
    (("Throttl", "RequestLimit", "ServiceUnavailable", "InternalError", "InternalFailure"), UNAVAILABLE),
)  # fmt: skip


def confirm(question: str, *, yes: bool) -> None:
    """Raises typer.Abort for anything but a yes."""
    if not yes:
        typer.confirm(question, abort=True)


def tell(text: str, facts: Mapping[str, object], *, as_json: bool) -> None:
    """What was done, in words or as facts."""
    typer.echo(json.dumps(facts) if as_json else text)


def show(result: object, *, as_json: bool) -> None:
    """A record as facts, a list of records as a table; with `as_json` the whole as it is."""
    if as_json:
        typer.echo(json.dumps(_plain(result), indent=2))
    elif isinstance(result, list):
        _print_table([_plain(each) for each in result])
    else:
        _print_facts(_plain(result))


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value


def _print_table(rows: Sequence[object]) -> None:
    records = [row for row in rows if isinstance(row, Mapping)]
    if not records:
        typer.echo("Nothing.")
        return
    table = Table(
        *(name.replace("_", " ").upper() for name in records[0]), box=None, pad_edge=False
    )
    for record in records:
        table.add_row(*(_cell(value) for value in record.values()))
    console = Console()
    (console if console.is_terminal else Console(width=10_000)).print(table, markup=False)


def _print_facts(facts: object) -> None:
    if not isinstance(facts, Mapping):
        return
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        lines = value if isinstance(value, list) else [value]
        for line in lines or ["none"]:
            typer.echo(f"{name.replace('_', ' '):{width}}  {_cell(line)}")


def _cell(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{name}={one}" for name, one in value.items() if one is not None)
    text = "" if value is None else str(value)
    # What somebody else wrote must not steer the terminal.
    return "".join(one if one.isprintable() else "?" for one in text)
