"""The `skyferry` command."""

from skyferry_client.cli.app import app, main

__all__ = ["app", "main"]
