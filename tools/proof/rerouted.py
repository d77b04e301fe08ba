"""Functions that reach AWS by another address, for a while."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tools.proof.laptop import Laptop

_ALIAS = "live"
_ADDRESSES = "AWS_ENDPOINT_URL"


@contextmanager
def rerouted(laptop: Laptop, addresses: Mapping[str, str]) -> Iterator[None]:
    """Publishes a version of each function with these addresses (old: new) of AWS in its environment, moves the alias
    there, and back at the end."""
    lambda_ = laptop.client("lambda")
    pages = lambda_.get_paginator("list_functions").paginate()
    functions = [each for page in pages for each in page["Functions"]]
    was = {
        each["FunctionName"]: lambda_.get_alias(FunctionName=each["FunctionName"], Name=_ALIAS)[
            "FunctionVersion"
        ]
        for each in functions
    }
    try:
        for each in functions:
            variables = each["Environment"]["Variables"]
            # The issuer's address is the stand-ins', too, and part of every token.
            changed = {
                name: addresses.get(value, value) if name.startswith(_ADDRESSES) else value
                for name, value in variables.items()
            }
            _move(lambda_, each["FunctionName"], changed, None)
        yield
    finally:
        for each in functions:
            name = each["FunctionName"]
            _move(lambda_, name, each["Environment"]["Variables"], was[name])


def _move(lambda_: Any, name: str, variables: Mapping[str, str], version: str | None) -> None:  # noqa: ANN401 - boto3's
    lambda_.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
    lambda_.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    version = version or lambda_.publish_version(FunctionName=name)["Version"]
    lambda_.update_alias(FunctionName=name, Name=_ALIAS, FunctionVersion=version)
