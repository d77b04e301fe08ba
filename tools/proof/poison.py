"""A worker among whose messages some can never be worked off, and some never end: neighbours are done all the same,
those end in the dead-letter queue after exactly so many tries, and from there all come back."""

import json
import random
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template
from skyferry_cdk import Invocation, QueueWorker, ServiceFunction
from skyferry_ops.deployment import Worker as Operated

from tools.proof.claim import Outcome
from tools.proof.laptop import Laptop

_TRIES = 5
_TIMEOUT = 1
#: Every try waits for the message to be seen again: six times the function's time-out.
_PATIENCE = _TRIES * 6 * _TIMEOUT * 4
#: Counts each receive of each message; does what the message's kind says, until somebody has mended it.
_HANDLER = """
import json, os, time, boto3
table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
def note(id, **what):
    names = {f"#{n}": n for n in what}
    sets = ", ".join(f"#{n} = :{n}" for n in what)
    table.update_item(Key={"id": id}, UpdateExpression="ADD receives :one" + (f" SET {sets}" if sets else ""),
        ExpressionAttributeValues={":one": 1, **{f":{n}": v for n, v in what.items()}},
        **({"ExpressionAttributeNames": names} if names else {}))
def handler(event, context):
    mended = "Item" in table.get_item(Key={"id": "mended"})
    failed = []
    for record in event["Records"]:
        body = json.loads(record["body"])
        if mended or body["kind"] == "good":
            note(body["id"], done=True)
        else:
            note(body["id"])
            if body["kind"] == "hanging":
                time.sleep(60)
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
"""


@dataclass(frozen=True)
class Worker:
    queue_url: str
    dead_letters_url: str
    table: str


def show(size: int) -> Outcome:
    """One in twenty is poisoned, among batches of ten. One in a hundred hangs, in batches of one: whoever hangs takes
    the whole batch along, so that workers of ours that might (`process_upload`, `deliver_webhook`) take one at a time."""
    laptop = Laptop.running()
    hanging = max(1, size // 100)
    trials = (
        ("poison", max(1, size // 20), _template(batch_size=10), size * 4 // 5),
        ("hanging", hanging, _template(batch_size=1), size // 5),
    )
    with laptop.operated(), ThreadPoolExecutor(len(trials)) as pool:
        outcomes = list(pool.map(lambda trial: _trial(laptop, *trial), trials))
    figures = "; ".join(outcome.figures for outcome in outcomes)
    broken = [what for outcome in outcomes for what in outcome.broken]
    return Outcome(f"{figures}; all of them done after the redrive", tuple(broken))


def _trial(laptop: Laptop, kind: str, bad: int, template: str, size: int) -> Outcome:
    kinds = {f"{kind}-{number}": kind if number < bad else "good" for number in range(size)}
    lost = [id_ for id_, each in kinds.items() if each == kind]
    with _deployed(laptop, template) as worker:
        _send(laptop, worker, list(kinds.items()))
        seconds = _wait(
            lambda: _dead(laptop, worker) >= bad and _done(laptop, worker) >= size - bad
        )
        receives = _receives(laptop, worker)
        broken = [
            f"{id_}: not done"
            for id_ in kinds.keys() - set(lost)
            if not receives.get(id_, {}).get("done")
        ]
        broken += [
            f"{id_}: {receives[id_]['receives']} tries, {_TRIES} expected"
            for id_ in lost
            if receives[id_]["receives"] != _TRIES
        ]
        if _dead(laptop, worker) != bad:
            broken.append(f"{_dead(laptop, worker)} dead letters of {kind}, {bad} expected")
        back = _redriven(laptop, worker)
        broken += [
            f"{id_}: not done after the redrive" for id_ in lost if not back[id_].get("done")
        ]
    figures = (
        f"{size:,} messages, {bad} {kind}: {size - bad} neighbours done, {bad} dead letters after {_TRIES} tries each "
        f"in {seconds:.0f} s"
    )
    return Outcome(figures, tuple(broken))


def _send(laptop: Laptop, worker: Worker, kinds: list[tuple[str, str]]) -> None:
    sqs = laptop.client("sqs")
    random.shuffle(kinds)
    for start in range(0, len(kinds), 10):
        entries = [
            {"Id": id_, "MessageBody": json.dumps({"id": id_, "kind": kind})}
            for id_, kind in kinds[start : start + 10]
        ]
        sqs.send_message_batch(QueueUrl=worker.queue_url, Entries=entries)


def _redriven(laptop: Laptop, worker: Worker) -> dict[str, dict[str, Any]]:
    """What became of the messages after somebody had mended the function and moved them back."""
    laptop.client("dynamodb").put_item(TableName=worker.table, Item={"id": {"S": "mended"}})
    laptop.redrive(Operated("work", worker.dead_letters_url, worker.queue_url))
    _wait(
        lambda: (
            _dead(laptop, worker) == 0
            and all(row.get("done") for row in _receives(laptop, worker).values())
        )
    )
    return _receives(laptop, worker)


def _wait(done: Callable[[], bool]) -> float:
    begun = time.monotonic()
    while not done() and time.monotonic() - begun < _PATIENCE:
        time.sleep(1)
    return time.monotonic() - begun


def _dead(laptop: Laptop, worker: Worker) -> int:
    name = "ApproximateNumberOfMessages"
    asked = laptop.client("sqs").get_queue_attributes(
        QueueUrl=worker.dead_letters_url, AttributeNames=[name]
    )
    return int(asked["Attributes"][name])


def _done(laptop: Laptop, worker: Worker) -> int:
    return sum("done" in row for row in _receives(laptop, worker).values())


def _receives(laptop: Laptop, worker: Worker) -> dict[str, dict[str, Any]]:
    pages = laptop.client("dynamodb").get_paginator("scan").paginate(TableName=worker.table)
    return {
        row["id"]["S"]: {
            "receives": int(row["receives"]["N"]),
            **({"done": True} if "done" in row else {}),
        }
        for page in pages
        for row in page["Items"]
        if "receives" in row
    }


@contextmanager
def _deployed(laptop: Laptop, template: str) -> Iterator[Worker]:
    """The construct in a stack of its own, for as long as it is needed."""
    cloudformation = laptop.client("cloudformation")
    name = f"proof-{uuid.uuid4().hex[:8]}"
    cloudformation.create_stack(
        StackName=name, TemplateBody=template, Capabilities=["CAPABILITY_IAM"]
    )
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1}
    )
    try:
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
        yield Worker(outputs["Queue"], outputs["DeadLetters"], outputs["Table"])
    finally:
        cloudformation.delete_stack(StackName=name)


def _template(batch_size: int) -> str:
    stack = cdk.Stack(cdk.App(), "Proof", synthesizer=cdk.BootstraplessSynthesizer())
    table = dynamodb.Table(
        stack,
        "Notes",
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    function = ServiceFunction(
        stack,
        "Work",
        code=lambda_.Code.from_inline(_HANDLER),
        handler="index.handler",
        service="work",
        invocation=Invocation.QUEUE,
        runtime=lambda_.Runtime.PYTHON_3_11,
        architecture=lambda_.Architecture.X86_64,
        timeout=cdk.Duration.seconds(_TIMEOUT),
        environment={"TABLE": table.table_name},
        tracing=False,
    )
    iam.Grant.add_to_principal(
        grantee=function,
        actions=["dynamodb:GetItem", "dynamodb:UpdateItem"],
        resource_arns=[table.table_arn],
    )
    worker = QueueWorker(
        stack,
        "Worker",
        function=function,
        batch_size=batch_size,
        max_receive_count=_TRIES,
        allow_plain_http=True,
    )
    cdk.CfnOutput(stack, "Queue", value=worker.queue.queue_url)
    cdk.CfnOutput(stack, "DeadLetters", value=worker.dlq.queue_url)
    cdk.CfnOutput(stack, "Table", value=table.table_name)
    return json.dumps(Template.from_stack(stack).to_json())
