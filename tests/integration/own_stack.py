"""What the laptop cloud's service stack made, found by a part of its name. Another deployment may stand beside it
for a while (`test_upgrade.py`), with resources of the same names but for the stack's."""

from collections.abc import Iterable

import boto3

from local.cloud import Cloud
from tests.integration.conftest import aws_connection

STACK = "skyferry-local-service"


def own(names: Iterable[str], part: str) -> str:
    """The one of these names, ARNs or URLs that is of the stack and has this part."""
    (found,) = (name for name in names if STACK in name and part in name)
    return found


def own_function(cloud: Cloud, part: str) -> str:
    """The name of the stack's one function with this part in its name."""
    pages = boto3.client("lambda", **aws_connection(cloud)).get_paginator("list_functions")
    return own(
        (each["FunctionName"] for page in pages.paginate() for each in page["Functions"]), part
    )
