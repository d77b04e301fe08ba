"""The front proxy: gives the deployed API its address and API Gateway's own answers."""
