"""The matrix of every call of AWS and every fault, in a form that is short enough for each change; `make faults` runs all."""

import ast
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
import skyferry.adapters
from botocore import xform_name

from tests.faults import matrix
from tests.faults.aws_calls import Site
from tests.faults.kinds import KINDS

_SERVICES = ("dynamodb", "s3", "sqs", "sesv2", "kms", "lambda")
_SAMPLE = 12


def _operations() -> dict[str, str]:
    """Operations by the name of the client's method."""
    session = botocore.session.get_session()
    models = [session.get_service_model(service) for service in _SERVICES]
    return {xform_name(name): name for model in models for name in model.operation_names}


def _written() -> Iterator[tuple[str, str]]:
    """Every call of a client in the adapters' source: the method it is in, and the operation."""
    operations = _operations()
    for path in Path(skyferry.adapters.__file__).parent.glob("*.py"):
        for name, function in _functions(ast.parse(path.read_text(encoding="utf-8"))):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    method = node.func.attr
                    if method == "get_paginator":
                        method = ast.literal_eval(node.args[0])
                    on_client = ast.unparse(node.func.value).endswith(("client", "connect()"))
                    if on_client and method in operations:
                        yield name, operations[method]


def _functions(module: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for member in node.body:
                if isinstance(member, ast.FunctionDef):
                    yield f"{node.name}.{member.name}", member


def test_every_call_of_aws_in_the_adapters_is_in_the_matrix() -> None:
    written = set(_written())

    assert len(written) >= 15
    assert written - matrix.lines() == set(), "a journey in tests/faults/journeys.py must make it"


def test_every_function_that_calls_aws_and_every_operation_of_the_api_is_in_the_matrix() -> None:
    from skyferry.functions.api.operations import OPERATIONS

    callers = {site.caller for site in matrix.sites()}
    workers = {
        "dispatch_outbox",
        "process_upload",
        "send_email",
        "email_feedback",
        "deliver_webhook",
    }
    without_aws = {"getHealth", "getOpenapi"}

    assert callers == {op.id for op in OPERATIONS} - without_aws | workers | {
        "sweep",
        "pause_sending",
    }


@pytest.mark.parametrize("number", range(_SAMPLE))
def test_a_fault_at_a_call_leaves_what_a_run_without_it_leaves(number: int) -> None:
    cells = list(matrix.cells())
    cell = cells[number * len(cells) // _SAMPLE]

    assert matrix.broken(cell) == [], str(cell)


@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_whose_fate_nobody_knows_is_never_sent_twice(kind: str) -> None:
    site = Site("send_email", "Mailer.send", "sesv2.SendEmail")

    assert matrix.broken(matrix.Cell(matrix.sites()[site], site, kind)) == []
