"""Logs and metrics. One logger and one metric set a process; both take their service name and namespace
from Powertools' environment variables."""

from functools import cache

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from skyferry.contract import METRICS_NAMESPACE, Metric


@cache
def logger() -> Logger:
    return Logger(utc=True, use_rfc3339=True)


@cache
def metrics() -> Metrics:
    return Metrics(namespace=METRICS_NAMESPACE)


def count(metric: Metric, value: int = 1) -> None:
    metrics().add_metric(metric.value, MetricUnit.Count, value)


def count_bytes(metric: Metric, value: int) -> None:
    metrics().add_metric(metric.value, MetricUnit.Bytes, value)
