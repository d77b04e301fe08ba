"""The construct pages: every example is Python, imports what exists, and the whole one synthesises."""

import ast
import functools
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
import skyferry_cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_s3 as s3
from aws_cdk.aws_cloudwatch import Alarm
from constructs import Construct
from skyferry_cdk import Invocation, QueueWorker, TransferTable

from tests.infra.infra_support import (
    INLINE,
    NO_BUNDLING,
    REPOSITORY,
    any_function,
    template_of,
)

PAGES = sorted((REPOSITORY / "docs" / "constructs").glob("*.md"))
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


def _examples(page: Path) -> list[str]:
    return BLOCK.findall(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_are_python_and_import_public_names(page: Path) -> None:
    examples = _examples(page)
    assert examples
    for example in examples:
        for node in ast.walk(ast.parse(example)):
            if isinstance(node, ast.ImportFrom) and node.module == "skyferry_cdk":
                assert {one.name for one in node.names} <= set(skyferry_cdk.__all__)


DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Small", "version": "1"},
    "paths": {
        "/things": {"get": {"operationId": "getThings", "security": [{"oauth": ["read"]}]}},
        "/health": {"get": {"operationId": "getHealth", "security": []}},
    },
}


def _given(stack: cdk.Stack) -> dict[str, Any]:
    """What the examples take from their surroundings."""
    there = Construct(stack, "Given")
    sync = {
        name: any_function(there, name.capitalize(), Invocation.SYNC)
        for name in ("function", "api", "authorizer", "sweeper")
    }
    zone = route53.PublicHostedZone.from_public_hosted_zone_attributes(
        there, "Zone", hosted_zone_id="Z123456", zone_name="example.com"
    )
    return {
        **{name: getattr(skyferry_cdk, name) for name in skyferry_cdk.__all__},
        **sync,
        "self": stack,
        "code": INLINE,
        "lambda_": lambda_,
        "events": events,
        "pattern": events.EventPattern(source=["example"]),
        "publish": any_function(there, "Publish"),
        "worker": QueueWorker(there, "Worker", function=any_function(there, "Work")),
        "stop": QueueWorker(there, "Stopper", function=any_function(there, "Stop")),
        "table": TransferTable(there, "Table"),
        "bucket": s3.Bucket(there, "Bucket"),
        "zone": zone,
        "document": DOCUMENT,
        "certificate_arn": "arn:aws:acm:eu-central-1:111122223333:certificate/1",
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_example_of_a_page_synthesizes(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (example,) = _examples(page)
    quick = functools.partial(
        cdk.App, context=NO_BUNDLING, builtin_cloud_formation_validation=False
    )
    monkeypatch.setattr(cdk, "App", quick)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    (tmp_path / "requirements.lock").write_text("")
    example = example.replace('"src/shop"', repr(str(tmp_path / "shop"))).replace(
        '"requirements.lock"', repr(str(tmp_path / "requirements.lock"))
    )
    stack = cdk.Stack(cdk.App(), "Test")
    names = _given(stack)

    exec(compile(example, page.name, "exec"), names)  # noqa: S102 - our own page

    assert template_of(names.get("stack", stack)) is not None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_picture_resources_props_and_cost(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "```mermaid\nflowchart LR\n" in text
    assert re.search(r"^## (Resources|Rules|What it does|Asset)", text, re.MULTILINE), page.name
    assert "Example" in text


def test_every_public_construct_has_a_page() -> None:
    text = "\n".join(page.read_text(encoding="utf-8").partition("\n")[0] for page in PAGES)
    for name in skyferry_cdk.__all__:
        one = getattr(skyferry_cdk, name)
        if isinstance(one, type) and issubclass(one, Construct) and not issubclass(one, Alarm):
            assert name in text, name


def test_public_names_are_exactly_those_declared() -> None:
    assert sorted(skyferry_cdk.__all__) == skyferry_cdk.__all__
    assert all(hasattr(skyferry_cdk, name) for name in skyferry_cdk.__all__)


def test_the_whole_service_deploys_from_a_few_lines() -> None:
    (example,) = _examples(REPOSITORY / "docs/constructs/file-transfer-service.md")
    assert len([line for line in example.splitlines() if line]) <= 12


def test_app_names_the_mistake_instead_of_showing_a_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60,
        env={"PATH": os.environ["PATH"], "CDK_CONTEXT_JSON": '{"env": "mars"}',
             "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20"},
    )  # fmt: skip
    assert done.returncode == 1
    assert (
        "config/mars.toml does not exist; environments here: dev, local, prod, staging"
        in done.stderr
    )
    assert "Traceback" not in done.stderr


def test_app_is_a_page_and_touches_neither_network_nor_git() -> None:
    text = (REPOSITORY / "app.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 30
    assert not re.search(r"boto3|subprocess|requests|git", text)
