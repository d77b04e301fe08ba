"""How a function becomes a command: one decorator gives it the options, errors and output of all."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any, Concatenate, ParamSpec

import typer

from skyferry_client.cli.run import Run

P = ParamSpec("P")
Command = Callable[Concatenate[Run, P], object]

ApiUrl = Annotated[
    str | None,
    typer.Option("--api-url", envvar="SKYFERRY_API_URL", help="The API, as https://host/v1."),
]
Token = Annotated[
    str | None,
    typer.Option(
        "--token",
        envvar="SKYFERRY_TOKEN",
        help="The access token; rather sign in, or set the variable, which no other user sees.",
        show_default=False,
    ),
]
ProfileName = Annotated[
    str | None,
    typer.Option("--profile", envvar="SKYFERRY_PROFILE", help="The profile of the configuration."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Tell each request, without secrets.")]

_EVERYWHERE = (("as_json", AsJson, False), ("verbose", Verbose, False))
_ACCOUNT = (("api_url", ApiUrl, None), ("token", Token, None), ("profile", ProfileName, None))


def new_app(name: str, help_text: str) -> typer.Typer:
    return typer.Typer(
        name=name,
        help=help_text,
        no_args_is_help=True,
        rich_markup_mode=None,
        # A traceback with local variables would show the token.
        pretty_exceptions_enable=False,
    )


def command(
    app: typer.Typer, name: str, *, account: bool = True
) -> Callable[[Command[P]], Command[P]]:
    """Add a command to `app`. The function gets a Run first; what it returns is shown.

    `account` is false for what needs none, which then has no options for it either.
    """

    def register(function: Command[P]) -> Command[P]:
        _, *own = inspect.signature(function, eval_str=True).parameters.values()
        shared = [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind
            )
            for name, kind, default in (*(_ACCOUNT if account else ()), *_EVERYWHERE)
        ]
        keywords = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own]

        def call(**given: Any) -> None:  # noqa: ANN401 - Typer has checked them
            run = Run(**{each.name: given.pop(each.name) for each in shared})
            with run.errors_told():
                run.show(function(run, **given))  # type: ignore[call-arg] # own parameters

        # Typer reads a command's options from its signature.
        parameters = [*keywords, *shared]
        call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        call.__annotations__ = {each.name: each.annotation for each in parameters}
        app.command(name, help=inspect.getdoc(function))(call)
        return function

    return register
