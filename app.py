"""Picks the environment (`-c env=local|dev|prod`, default dev) and synthesises it."""

import gc

gc.disable()  # Synthesis ends before its garbage matters; looking for it takes a good part of the time.

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks
from skyferry_cdk import SkyferryRules, environment
from skyferry_cdk.environment_props import tags
from skyferry_cdk.service_settings import PUBLIC_OPERATIONS
from skyferry_cdk.stacks import SkyferryStage


def main() -> None:
    """One environment, one stage; cdk-nag and our own rules over all of it."""
    app = cdk.App()
    name = app.node.try_get_context("env") or environment.DEFAULT
    try:
        chosen = environment.load(name, file=app.node.try_get_context("config"))
    except environment.InvalidEnvironment as error:
        raise SystemExit(str(error)) from None
    SkyferryStage(app, chosen)
    rules = SkyferryRules(public_operations=PUBLIC_OPERATIONS, required_tags=tags(chosen))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app), rules)
    app.synth()
    gc.freeze()  # Python looks once more when it ends, unless there is nothing to look at.


main()
