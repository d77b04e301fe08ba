"""One building block in a stack of your own: a worker with its queue, dead letters, alarms and runbooks."""

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from skyferry_cdk import AlarmTopics, Invocation, Monitoring, QueueWorker, ServiceFunction

app = cdk.App()
stack = cdk.Stack(app, "Thumbnails")

resize = ServiceFunction(
    stack,
    "Resize",
    code=lambda_.Code.from_asset("src"),
    handler="resize.handler",
    service="resize",
    invocation=Invocation.QUEUE,
)
worker = QueueWorker(stack, "ResizeWorker", function=resize)

topics = AlarmTopics(stack, "Topics", page_email="oncall@example.com")
Monitoring(stack, "Monitoring", topics=topics).watch(resize, worker)

app.synth()
