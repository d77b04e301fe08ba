"""Logs and metrics. One logger and one metric set a process; both take their service name from Powertools'
environment variables."""

import os
from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from skyferry.contract import ENVIRONMENT_DIMENSION, METRICS_NAMESPACE, Env, Metric

P = ParamSpec("P")
R = TypeVar("R")


@cache
def logger() -> Logger:
    return Logger(utc=True, use_rfc3339=True)


@cache
def metrics() -> Metrics:
    made = Metrics(namespace=METRICS_NAMESPACE)
    made.set_default_dimensions(**{ENVIRONMENT_DIMENSION: os.environ[Env.ENVIRONMENT]})
    return made


def count(metric: Metric, value: int = 1) -> None:
    metrics().add_metric(metric.value, MetricUnit.Count, value)


def count_bytes(metric: Metric, value: int) -> None:
    metrics().add_metric(metric.value, MetricUnit.Bytes, value)


def publish_metrics(handler: Callable[P, R]) -> Callable[P, R]:
    """Write out what the call counted, also when it fails. Unlike Powertools' own decorator silent about
    the calls that count nothing, which are most."""

    @wraps(handler)
    def published(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return handler(*args, **kwargs)
        finally:
            if metrics().provider.metric_set:
                metrics().flush_metrics()

    return published
