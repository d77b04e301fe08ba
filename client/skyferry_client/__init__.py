"""Send and receive files with Skyferry: a typed client of its REST API, and the `skyferry` command."""

from skyferry_client.client import Client
from skyferry_client.errors import ApiError, SkyferryError

__all__ = ["ApiError", "Client", "SkyferryError"]
