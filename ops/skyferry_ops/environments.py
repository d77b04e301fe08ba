"""`skyferry env …`: an environment's file before it is deployed."""

import importlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any

import typer
from skyferry_client.cli.command import new_app

if TYPE_CHECKING:
    from skyferry_cdk.environment import Environment

env = new_app("env", "An environment's file, config/NAME.toml: is it right, what does it come to.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Of the environment, as `prod`.")]
File = Annotated[Path | None, typer.Option("--file", help="Another file than config/NAME.toml.")]


@env.command("check")
def check(name: Name, file: File = None) -> None:
    """Say every mistake in the file at once; exit code 2 if there is one."""
    environment = _load(name, file)
    kind = "production" if environment.production else "not production"
    kept = "kept" if environment.retained else "destroyed"
    typer.echo(f"{name} can be deployed: {kind}, data is {kept} when its stacks are deleted.")


@env.command("show")
def show(
    name: Name,
    file: File = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Print every setting as it counts; what the file does not say is marked as default."""
    environment = _load(name, file)
    if as_json:
        typer.echo(environment.model_dump_json(indent=2))
        return
    said = dict(_flat(environment.model_dump(mode="json", exclude_unset=True)))
    for key, value in _flat(environment.model_dump(mode="json")):
        typer.echo(f"{key} = {json.dumps(value)}{'' if key in said else '  # default'}")


@env.command("schema")
def schema() -> None:
    """Print the JSON schema of these files, for editors; `config/schema.json` is its copy."""
    typer.echo(json.dumps(_environment_module().Environment.file_schema(), indent=2))


def _load(name: str, file: Path | None) -> "Environment":
    module = _environment_module()
    try:
        environment: Environment = module.load(name, file=file)
    except module.InvalidEnvironment as error:
        typer.echo(error, err=True)
        raise typer.Exit(2) from None
    return environment


def _environment_module() -> ModuleType:
    """Loaded late: the package of the constructs takes a second, and tells old versions of node off."""
    os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
    try:
        return importlib.import_module("skyferry_cdk.environment")
    except ModuleNotFoundError as error:
        typer.echo(f"This needs {error.name}: pip install 'skyferry[deploy]'", err=True)
        raise typer.Exit(1) from None


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
