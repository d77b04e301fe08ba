"""One synthesis of each environment a session; everything reads from those templates."""

import os
from collections.abc import Callable
from functools import cache

import pytest
from cdk_nag import AwsSolutionsChecks
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

# Before aws_cdk starts node: the banner of an old node would fill every failure's output.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")

import aws_cdk as cdk
from skyferry_cdk import environment
from skyferry_cdk.stacks import SkyferryStage

from tests.infra.infra_support import FLAGS, NO_BUNDLING, REPOSITORY, Json

EVERY_OPTION = REPOSITORY / "tests" / "infra" / "every_option.toml"
Synthesised = tuple[SkyferryStage, dict[str, Json]]


@pytest.fixture(scope="session")
def synthesised() -> Callable[[str], Synthesised]:
    """Environment name → its stage and {"data": template, "service": template}, synthesised once, without an
    open cdk-nag finding. `all` has every option on."""

    @cache
    def synthesise(name: str) -> Synthesised:
        app = cdk.App(context={**FLAGS, **NO_BUNDLING}, builtin_cloud_formation_validation=False)
        cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
        file = EVERY_OPTION if name == "all" else REPOSITORY / "config" / f"{name}.toml"
        stage = SkyferryStage(app, environment.load(name, file=file))
        nested = app.synth().get_nested_assembly(f"assembly-{name}")
        return stage, {
            part: nested.get_stack_artifact(stack.artifact_id).template
            for part, stack in (("data", stage.data), ("service", stage.service))
        }

    return synthesise


@pytest.fixture(scope="session")
def templates(synthesised: Callable[[str], Synthesised]) -> Callable[[str], dict[str, Json]]:
    """Environment name → the templates of its two stacks."""
    return lambda name: synthesised(name)[1]


@pytest.fixture
def snapshot_json(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Snapshots as one readable JSON file each."""
    return snapshot.use_extension(JSONSnapshotExtension)
