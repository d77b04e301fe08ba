"""The service's one dashboard: golden signals, queues, mail and what the business counts."""

from typing import TYPE_CHECKING

from aws_cdk import aws_cloudwatch as cloudwatch
from skyferry import contract
from skyferry.contract import Function, Metric

from skyferry_cdk.alarms import one_minute

if TYPE_CHECKING:
    from skyferry_cdk.service import FileTransferService


def business_metric(
    metric: Metric, *, environment_name: str, function: Function
) -> cloudwatch.Metric:
    """What a function counts, summed by the minute."""
    return cloudwatch.Metric(
        namespace=contract.METRICS_NAMESPACE,
        metric_name=metric.value,
        dimensions_map={
            contract.ENVIRONMENT_DIMENSION: environment_name,
            contract.SERVICE_DIMENSION: function.value,
        },
        statistic="Sum",
        period=one_minute(),
    )


def draw_dashboard(service: "FileTransferService", environment_name: str) -> None:
    """Alarms on top, then a line of graphs for each part."""
    board = service.monitoring
    board.show_alarms()
    board.show(
        "API",
        [service.api.metric_requests()],
        [service.api.metric_server_errors(), service.api.metric_client_errors()],
        [service.api.metric_latency()],
    )
    board.show(
        "Functions",
        [one.metric_errors(label=one.service) for one in service.functions],
        [one.metric_duration(label=one.service) for one in service.functions],
    )
    board.show(
        "Queues",
        [one.metric_oldest_message(label=name) for name, one in service.queues.items()],
        [one.metric_messages(label=name) for name, one in service.dead_letter_queues.items()],
    )
    board.show(
        "Mail and storage",
        [service.mail.metric_bounce_rate(), service.mail.metric_complaint_rate()],
        [service.bucket.metric_stored_bytes()],
    )
    board.show_business(
        contract.METRICS_NAMESPACE,
        [metric.value for metric in Metric],
        dimensions={contract.ENVIRONMENT_DIMENSION: environment_name},
    )
