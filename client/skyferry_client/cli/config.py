"""`skyferry config …`."""

from typing import Annotated

import typer

from skyferry_client.cli.command import command, new_app
from skyferry_client.cli.run import Run
from skyferry_client.config import KEYS
from skyferry_client.documents import Done

config = new_app("config", "Which service to speak to, and where to sign in.")


@command(config, "show")
def show(run: Run) -> object:
    """The profile as it counts: options, then the environment, then the file."""
    return {
        "file": str(run.config.path),
        "profile": run.profile_name,
        **{key: getattr(run.profile, key) for key in KEYS},
        "api_url": run.given_api_url or run.profile.api_url,
    }


@command(config, "set")
def set_value(
    run: Run,
    key: Annotated[str, typer.Argument(metavar="KEY", help=f"One of {', '.join(KEYS)}.")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="An empty text takes it away.")],
) -> object:
    """Remember a setting in the file, in the profile of --profile."""
    run.config.change(run.profile_name, key, value or None)
    return Done(key, "set" if value else "removed")
