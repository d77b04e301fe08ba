"""The scan stand-in; `index.py` is deployed as a Lambda function of the local environment."""
