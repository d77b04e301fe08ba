"""Every call of AWS that is written in the adapters, read from their source."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import botocore.session
import skyferry.adapters
from botocore import xform_name

_SERVICES = ("dynamodb", "s3", "sqs", "sesv2", "kms", "lambda")


def calls() -> Iterator[tuple[str, str]]:
    """The method in which a client is called, and the operation."""
    operations = _operations()
    for name, method in _used_of_clients("get_paginator"):
        if method in operations:
            yield name, operations[method]


def signed() -> set[str]:
    """Operations that are not called here: whoever has their URL calls them."""
    operations = _operations()
    named = (method for _, method in _used_of_clients("generate_presigned_url"))
    return {operations[method] for method in named if method in operations}


def _used_of_clients(by_name: str) -> Iterator[tuple[str, str]]:
    """Methods of a client that are called; and those that are named to the one called `by_name`."""
    for path in Path(skyferry.adapters.__file__).parent.glob("*.py"):
        for name, function in _functions(ast.parse(path.read_text(encoding="utf-8"))):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    method = node.func.attr
                    if method == by_name:
                        method = ast.literal_eval(node.args[0])
                    if ast.unparse(node.func.value).endswith(("client", "connect()")):
                        yield name, method


@cache
def _operations() -> dict[str, str]:
    """Operations by the name of the client's method."""
    session = botocore.session.get_session()
    models = [session.get_service_model(service) for service in _SERVICES]
    return {xform_name(name): name for model in models for name in model.operation_names}


def _functions(module: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for member in node.body:
                if isinstance(member, ast.FunctionDef):
                    yield f"{node.name}.{member.name}", member
