"""`skyferry login`, `logout` and `whoami`."""

import os
import time
from typing import Annotated

import jwt
import typer

from skyferry_client.cli.command import command
from skyferry_client.cli.run import Run
from skyferry_client.documents import Done, time_text
from skyferry_client.errors import SkyferryError
from skyferry_client.oidc import Grant, Provider

_SECRET = "SKYFERRY_CLIENT_SECRET"  # noqa: S105 - the variable's name
_CLAIMS = {"issuer": "iss", "subject": "sub", "scopes": "scope"}


def add_to(app: typer.Typer) -> None:
    command(app, "login")(login)
    command(app, "logout")(logout)
    command(app, "whoami")(whoami)


def login(
    run: Run,
    client_credentials: Annotated[
        bool, typer.Option("--client-credentials", help=f"As a program, with {_SECRET}.")
    ] = False,
) -> object:
    """Sign in at the identity provider of the profile; the token is kept for you alone."""
    api_url, sign_in = run.api_url, run.sign_in
    with sign_in.provider() as provider:
        grant = _as_program(run, provider) if client_credentials else _as_person(run, provider)
        tokens = sign_in.keep(api_url, provider, grant)
    until = "" if tokens.expires_at is None else f" until {time_text(tokens.expires_at)}"
    return Done(api_url, f"signed in{until}")


def logout(run: Run) -> object:
    """Forget the profile's tokens."""
    found = run.sign_in.store.remove(run.profile_name)
    return Done(run.profile_name, "signed out" if found else "was not signed in")


def whoami(run: Run) -> object:
    """Who the token says you are, and until when. Nothing is asked of the service."""
    if run.given_token is not None:
        return {"source": "SKYFERRY_TOKEN or --token", **_claims(run.given_token)}
    tokens = run.sign_in.tokens(run.api_url)
    return {"source": f"profile {run.profile_name}", **_claims(tokens.access_token)}


def _as_person(run: Run, provider: Provider) -> Grant:
    device = provider.begin_device_login(run.profile.scopes, run.profile.audience)
    address = device.verification_uri_complete or device.verification_uri
    run.say(f"Open {address}\nand confirm the code {device.user_code}")
    return provider.finish_device_login(device)


def _as_program(run: Run, provider: Provider) -> Grant:
    secret = os.environ.get(_SECRET)
    if not secret:
        raise typer.BadParameter(f"set {_SECRET}", param_hint="--client-credentials")
    return provider.client_credentials(secret, run.profile.scopes, run.profile.audience)


def _claims(token: str) -> dict[str, object]:
    """What the token says of itself; whether that is true is for the service to check."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        raise SkyferryError("this token does not say whom it is for (it is no JWT)") from None
    said = {name: claims.get(key) for name, key in _CLAIMS.items()}
    expires = claims.get("exp")
    if not isinstance(expires, int):
        return said
    return {**said, "expires_at": time_text(expires), "expired": expires < time.time()}
