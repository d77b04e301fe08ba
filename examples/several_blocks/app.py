"""Several building blocks: an API with a token for every operation, a table and an encrypted bucket behind it."""

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from skyferry_cdk import (
    ApiAuth,
    EncryptionKey,
    FileBucket,
    NoScan,
    RestApi,
    ServiceFunction,
    SkyferryRules,
    TransferTable,
    Waf,
)

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Reports", "version": "1"},
    "security": [{"oauth": []}],
    "paths": {
        "/reports/{id}": {
            "get": {
                "operationId": "getReport",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
                ],
                "responses": {"200": {"description": "The report"}},
            }
        }
    },
}

app = cdk.App()
stack = cdk.Stack(app, "Reports")


def function(name: str) -> ServiceFunction:
    return ServiceFunction(
        stack,
        name.capitalize(),
        code=lambda_.Code.from_asset("src"),
        handler=f"{name}.handler",
        service=name,
    )


key = EncryptionKey(stack, "Key").key
table = TransferTable(stack, "Table", encryption_key=key)
bucket = FileBucket(stack, "Files", encryption_key=key, scan=NoScan())

reports = function("reports")
table.grant_read(reports)
bucket.grant_download(reports, "reports/")

api = RestApi(
    stack,
    "Api",
    openapi=DOCUMENT,
    handlers=reports,
    auth=ApiAuth.oidc(function("authorizer")),
    waf=Waf.managed(count_only=True),
)
cdk.CfnOutput(stack, "Url", value=api.url)

cdk.Validations.of(app).add_plugins(SkyferryRules())
app.synth()
