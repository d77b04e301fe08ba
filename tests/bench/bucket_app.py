"""The least that synthesis can be: an app with one stack and one bucket."""

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

app = cdk.App()
s3.Bucket(cdk.Stack(app, "one"), "Bucket")
app.synth()
