"""What a script learns of a failed command of an operator, and that every command can answer it in JSON."""

from typing import Any

import pytest
import typer
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
)
from skyferry.core.errors import UnavailableError
from skyferry_ops import commands
from skyferry_ops.deployment import OperationError, UnknownHereError
from skyferry_ops.terminal import exit_code, operating


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeStacks")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OperationError("no queue to go back to"), 1),
        (refusal("ValidationError"), 1),
        (ProfileNotFound(profile="nobody"), 2),
        (NoRegionError(), 2),
        (NoCredentialsError(), 3),
        (refusal("AccessDenied"), 3),
        (refusal("AccessDeniedException"), 3),
        (refusal("ExpiredToken"), 3),
        (UnknownHereError("no such transfer"), 4),
        (EndpointConnectionError(endpoint_url="https://aws.test"), 7),
        (refusal("ThrottlingException"), 7),
        (UnavailableError("DynamoDB is busy; try again."), 7),
    ],
)
def test_a_failure_has_the_exit_code_of_the_whole_command(error: Exception, code: int) -> None:
    assert exit_code(error) == code


def test_a_failure_is_one_line_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended, operating("test", "nobody-has-this", "eu-central-1"):
        pass
    assert ended.value.exit_code == 2
    assert capsys.readouterr().err.splitlines() == [
        "The config profile (nobody-has-this) could not be found"
    ]


def _leaves(command: Any, name: str) -> list[tuple[str, Any]]:
    below = getattr(command, "commands", None)
    if below is None:
        return [(name, command)]
    return [leaf for word, one in below.items() for leaf in _leaves(one, f"{name} {word}")]


@pytest.mark.parametrize(
    ("name", "command"),
    [
        *_leaves(typer.main.get_command(commands.dlq), "dlq"),
        *_leaves(typer.main.get_command(commands.ops), "ops"),
    ],
)
def test_every_command_answers_json_to_whoever_asks(name: str, command: Any) -> None:
    options = {option for one in command.params for option in one.opts}
    assert {"--json", "--env", "--profile", "--region"} <= options, name


@pytest.mark.parametrize("name", ["dlq redrive", "dlq purge", "ops pause"])
def test_what_others_would_feel_asks_first(name: str) -> None:
    group, word = name.split()
    command: Any = typer.main.get_command(getattr(commands, group))
    options = {option for one in command.commands[word].params for option in one.opts}
    assert "--yes" in options
