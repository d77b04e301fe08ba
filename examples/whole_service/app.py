"""The whole service in a stack of your own, twice: one for customers, one for colleagues."""

import aws_cdk as cdk
from skyferry_cdk import AlarmTopics, FileTransferService, Oidc

app = cdk.App()
stack = cdk.Stack(app, "Exchange")
topics = AlarmTopics(stack, "Topics", page_email="oncall@example.com")

for name in ("Customers", "Colleagues"):
    service = FileTransferService(
        stack,
        name,
        environment_name=name.lower(),
        oidc=Oidc(issuer=f"https://{name.lower()}.example.com", audience="exchange"),
        sender_address=f"{name.lower()}@example.com",
        topics=topics,
    )
    cdk.CfnOutput(stack, f"{name}Url", value=service.api.url)

app.synth()
