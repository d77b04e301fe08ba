"""A command under way: its service, its account, and the one place where errors become words."""

import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import MappingProxyType

import typer
from rich.console import Console

from skyferry_client.cli import exit_codes
from skyferry_client.client import Client
from skyferry_client.config import DEFAULT_PROFILE, Config, Profile
from skyferry_client.documents import json_text, to_json
from skyferry_client.errors import ApiError, SkyferryError
from skyferry_client.output import print_result
from skyferry_client.private_files import config_file, state_folder
from skyferry_client.progress import Reporter, reporter
from skyferry_client.sign_in import SignIn
from skyferry_client.storage import Storage
from skyferry_client.text import printable
from skyferry_client.tokens import TokenStore

#: Words of a command for error codes, after which there is nothing to continue.
Words = Mapping[str, str]
_NO_WORDS: Words = MappingProxyType({})


class Run:
    """What every command has at hand. Connections are closed when it ends."""

    def __init__(
        self,
        *,
        as_json: bool = False,
        verbose: bool = False,
        api_url: str | None = None,
        token: str | None = None,
        profile: str | None = None,
    ) -> None:
        self.as_json = as_json
        self.console = Console(stderr=True)
        self.words: Words = _NO_WORDS
        #: Whether the same command would go on where this one stopped.
        self.resumable: Callable[[], bool] = lambda: False
        #: With what a command ends that did its work and found something wrong.
        self.exit_code = 0
        self.config = Config(config_file())
        self.profile_name = profile or DEFAULT_PROFILE
        self._api_url = api_url
        self._token = token
        self._client: Client | None = None
        self._open = ExitStack()
        if verbose:
            _log_to_stderr()

    # Collaborators

    @property
    def profile(self) -> Profile:
        return self.config.profile(self.profile_name)

    @property
    def api_url(self) -> str:
        url = self._api_url or self.profile.api_url
        if url is None:
            raise typer.BadParameter(
                "give the API's address: --api-url, SKYFERRY_API_URL, or "
                "`skyferry config set api_url https://host/v1`"
            )
        return url

    @property
    def given_api_url(self) -> str | None:
        return self._api_url

    @property
    def given_token(self) -> str | None:
        return self._token

    @property
    def sign_in(self) -> SignIn:
        return SignIn(self.profile_name, self.profile, TokenStore(state_folder() / "tokens.json"))

    @property
    def client(self) -> Client:
        """Signed in."""
        if self._client is None:
            token = self._token or self.sign_in.tokens(self.api_url).access_token
            self._client = self._connect(self.api_url, token)
        return self._client

    def anonymous(self, api_url: str) -> Client:
        """For links: the link is the permission, and the token has no business at a host a mail names."""
        return self._connect(api_url, None)

    def storage(self) -> Storage:
        return self._open.enter_context(Storage())

    def reporter(self) -> Reporter:
        return reporter(self.console)

    def ask_password(self) -> str | None:
        """From the terminal, where there is one."""
        if not sys.stdin.isatty():
            return None
        return str(typer.prompt("Password", hide_input=True, err=True))

    def _connect(self, api_url: str, token: str | None) -> Client:
        try:
            return self._open.enter_context(Client(api_url, token))
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None

    # Words

    def say(self, text: str, style: str = "") -> None:
        self.console.print(
            printable(text), style=style, markup=False, highlight=False, soft_wrap=True
        )

    def show(self, result: object) -> None:
        """A command's result: the only thing on stdout."""
        if self.as_json:
            typer.echo(json_text(to_json(result)))
        elif result == [] and self.console.is_terminal:
            self.say("There is none.")
        else:
            print_result(result)

    @contextmanager
    def errors_told(self) -> Iterator[None]:
        try:
            with self._open:
                yield
        except KeyboardInterrupt:
            hint = " Run the same command again to continue; what has arrived is kept."
            self.say("Interrupted." + (hint if self.resumable() else ""))
            raise typer.Exit(exit_codes.INTERRUPTED) from None
        except SkyferryError as error:
            raise self._failure(error) from None
        except BrokenPipeError:
            # Whoever read our output has seen enough; Python must not complain at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(exit_codes.FAILED) from None
        if self.exit_code:
            raise typer.Exit(self.exit_code)

    def _failure(self, error: SkyferryError) -> typer.Exit:
        words = self.words.get(error.code) if isinstance(error, ApiError) else None
        self.say(f"skyferry: {words or error}", style="red")
        if self.resumable() and words is None:
            self.say("Run the same command again to continue; what has arrived is kept.")
        if self.as_json:
            typer.echo(json_text(_problem(error)))
        return typer.Exit(exit_codes.exit_code(error))


def _problem(error: SkyferryError) -> dict[str, object]:
    if isinstance(error, ApiError):
        return error.problem
    return {"title": type(error).__name__.removesuffix("Error"), "detail": str(error)}


def _log_to_stderr() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    log = logging.getLogger("skyferry_client")
    log.handlers = [handler]
    log.setLevel(logging.DEBUG)
