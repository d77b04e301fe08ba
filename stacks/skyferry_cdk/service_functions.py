"""How the service's functions are made: each with exactly the environment the contract gives it, and a place
for what it cannot do."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct
from skyferry import contract
from skyferry.contract import FUNCTION_ENVIRONMENT, Env, Function, Table

from skyferry_cdk.bundling import PythonBundle
from skyferry_cdk.function import Invocation, ServiceFunction
from skyferry_cdk.queue_worker import DeadLetterQueue, QueueWorker
from skyferry_cdk.rollout import Rollout
from skyferry_cdk.service_settings import (
    BOTOCORE,
    TIMEOUTS,
    WORKER_TIMEOUT,
    FunctionSettings,
)
from skyferry_cdk.stream_worker import StreamWorker
from skyferry_cdk.table import TransferTable


class ServiceFunctions:
    """Makes functions and workers below `scope`. `values` are added to while the service is put together: a
    function takes those it needs when it is made. `failures` are the queues of asynchronous functions."""

    def __init__(
        self,
        scope: Construct,
        *,
        settings: FunctionSettings,
        values: dict[Env, str],
        encryption_key: kms.IKey | None,
        allow_plain_http: bool,
    ) -> None:
        self._scope = scope
        self._settings = settings
        self.values = values
        self._encryption_key = encryption_key
        self._plain_http = allow_plain_http
        self.failures: dict[Function, DeadLetterQueue] = {}
        self._rollout = Rollout(scope, "Rollout") if settings.canary else None
        # One asset for many functions: the sources are read and hashed once.
        self._code = self._asset("runtime/requirements.lock", botocore=BOTOCORE)
        self._authorizer_code = self._asset("runtime/requirements-authorizer.lock")

    def _asset(
        self, lock: str, botocore: Mapping[str, Collection[str]] | None = None
    ) -> lambda_.Code:
        bundle = PythonBundle.from_directory(
            Path(contract.__file__).parent, requirements=shipped(lock), botocore=botocore
        )
        return bundle.to_code(
            self._scope, runtime=self._settings.runtime, architecture=self._settings.architecture
        )

    def function(
        self,
        name: Function,
        invocation: Invocation = Invocation.SYNC,
        on_failure: lambda_.IDestination | None = None,
    ) -> ServiceFunction:
        """A function with exactly the environment the contract gives it."""
        default = None if invocation is Invocation.SYNC else WORKER_TIMEOUT
        return ServiceFunction(
            self._scope,
            pascal(name),
            code=self._authorizer_code if name is Function.AUTHORIZER else self._code,
            handler=f"skyferry.functions.{name.value}.index.handler",
            service=name.value,
            invocation=invocation,
            timeout=TIMEOUTS.get(name, default),
            environment={
                **{key.value: self.values[key] for key in sorted(FUNCTION_ENVIRONMENT[name])},
                **self._settings.extra_environment,
            },
            on_failure=on_failure,
            warm_start=self._settings.warm_start if invocation is Invocation.SYNC else None,
            reserved_concurrency=self._settings.reserved_concurrency.get(name),
            **self.shared(),
        )

    def queue_settings(self) -> dict[str, Any]:
        """Props that all queues have in common."""
        return {
            "encryption_key": self._encryption_key,
            "allow_plain_http": self._plain_http,
        }

    def shared(self) -> dict[str, Any]:
        """Props that all functions have in common."""
        settings = self._settings
        return {
            "runtime": settings.runtime,
            "architecture": settings.architecture,
            "memory_mb": settings.memory_mb,
            "log_level": settings.log_level,
            "log_retention": settings.log_retention,
            "log_removal_policy": settings.log_removal_policy,
            "tracing": settings.tracing,
            "rollout": self._rollout,
            "vpc": settings.vpc,
            "application_signals": settings.application_signals,
            "encryption_key": self._encryption_key,
        }

    def worker(self, name: Function, **options: Any) -> QueueWorker:  # noqa: ANN401 - QueueWorker's own
        """A queue and the function that works it off."""
        return QueueWorker(
            self._scope,
            f"{pascal(name)}Worker",
            function=self.function(name, Invocation.QUEUE),
            **self.queue_settings(),
            **options,
        )

    def stream_worker(self, name: Function, table: TransferTable) -> StreamWorker:
        """A function woken by new outbox rows of the table."""
        return StreamWorker(
            self._scope,
            f"{pascal(name)}Worker",
            function=self.function(name, Invocation.QUEUE),
            table=table,
            filters=[
                lambda_.FilterCriteria.filter(
                    {
                        "eventName": lambda_.FilterRule.is_equal("INSERT"),
                        "dynamodb": {
                            "Keys": {
                                Table.SORT_KEY: {
                                    "S": lambda_.FilterRule.begins_with(Table.OUTBOX_PREFIX)
                                }
                            }
                        },
                    }
                )
            ],
            **self.queue_settings(),
        )

    def asynchronous(self, name: Function) -> ServiceFunction:
        """A function that EventBridge invokes; what it cannot do waits in a queue of its own."""
        self.failures[name] = DeadLetterQueue(
            self._scope,
            f"{pascal(name)}Failures",
            what=name.value,
            **self.queue_settings(),
        )
        return self.function(
            name, Invocation.ASYNC, on_failure=self.failures[name].as_destination()
        )

    def target(self, name: Function, function: ServiceFunction) -> targets.LambdaFunction:
        """An asynchronous function as the target of a rule."""
        return targets.LambdaFunction(
            function.alias,
            dead_letter_queue=self.failures[name].queue,
            max_event_age=cdk.Duration.minutes(5),
            retry_attempts=2,
        )

    def scheduled(self, name: Function, every: cdk.Duration) -> ServiceFunction:
        """An asynchronous function, woken again and again."""
        function = self.asynchronous(name)
        events.Rule(
            self._scope,
            f"{pascal(name)}Schedule",
            schedule=events.Schedule.rate(every),
            targets=[self.target(name, function)],
        )
        return function


def pascal(name: Function) -> str:
    """`send_email` as constructs and outputs are called, `SendEmail`."""
    return "".join(part.capitalize() for part in name.value.split("_"))


def shipped(name: str) -> Path:
    """A file of the repository, or its copy inside the installed wheel."""
    packaged = Path(__file__).parent / "resources" / Path(name).name
    return packaged if packaged.is_file() else Path(__file__).parents[2] / name
