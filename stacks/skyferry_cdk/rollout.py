"""Rollout: new versions of functions get a part of the traffic first, and go back by themselves when alarms ring."""

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from skyferry_cdk.nag import acknowledge

_POLICY = "service-role/AWSCodeDeployRoleForLambdaLimited"


class Rollout(Construct):
    """One CodeDeploy application and role for the functions of a stack. By default a tenth of the traffic for
    five minutes, then all of it."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        config: codedeploy.ILambdaDeploymentConfig | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.config = config or codedeploy.LambdaDeploymentConfig.CANARY_10_PERCENT_5_MINUTES
        self.application = codedeploy.LambdaApplication(self, "Application")
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("codedeploy.amazonaws.com"),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(_POLICY)],
        )
        acknowledge(
            self,
            {
                f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{_POLICY}]": (
                    "The role CodeDeploy documents; it reaches functions by their aliases alone."
                )
            },
        )

    def guide(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        alias: lambda_.Alias,
        alarms: list[cloudwatch.IAlarm],
    ) -> codedeploy.LambdaDeploymentGroup:
        """From now on the alias moves step by step, and back when one of the alarms rings meanwhile.

        Raises ValueError without alarms: nothing would bring a bad version back.
        """
        if not alarms:
            raise ValueError(f"{scope.node.path}: a rollout without alarms never goes back")
        return codedeploy.LambdaDeploymentGroup(
            scope,
            id,
            alias=alias,
            application=self.application,
            role=self.role,
            deployment_config=self.config,
            alarms=alarms,
            auto_rollback=codedeploy.AutoRollbackConfig(
                failed_deployment=True, stopped_deployment=True, deployment_in_alarm=True
            ),
            ignore_alarm_configuration=False,
            ignore_poll_alarms_failure=False,
        )
