"""`skyferry usage`, `limits` and `suppression …`."""

from typing import Annotated

import typer

from skyferry_client.cli.command import command, new_app
from skyferry_client.cli.run import Run
from skyferry_client.documents import Done

suppression = new_app("suppression", "Addresses that get no mail from you.")
Email = Annotated[str, typer.Argument(metavar="EMAIL")]


def add_to(app: typer.Typer) -> None:
    command(app, "usage")(usage)
    command(app, "limits")(limits)


def usage(run: Run) -> object:
    """What you use of your quota."""
    return run.client.get_usage()


def limits(run: Run) -> object:
    """The limits of the service."""
    return run.client.get_limits()


@command(suppression, "list")
def list_suppressions(run: Run) -> object:
    """Addresses that get no mail, and why."""
    return list(run.client.iter_suppressions())


@command(suppression, "show")
def show(run: Run, email: Email) -> object:
    """One address."""
    return run.client.get_suppression(email)


@command(suppression, "lift")
def lift(run: Run, email: Email) -> object:
    """Let mails go to this address again."""
    run.client.lift_suppression(email)
    return Done(email, "lifted")
