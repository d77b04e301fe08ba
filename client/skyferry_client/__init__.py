"""Send and receive files with Skyferry: a typed client of its REST API, and the `skyferry` command."""

from skyferry_client.calls.transfers import TransferFilter
from skyferry_client.client import Client
from skyferry_client.errors import ApiError, SkyferryError
from skyferry_client.requests import (
    NewContribution,
    NewFile,
    NewRecipient,
    NewRequest,
    NewTransfer,
    NewWebhook,
)

__all__ = [
    "ApiError",
    "Client",
    "NewContribution",
    "NewFile",
    "NewRecipient",
    "NewRequest",
    "NewTransfer",
    "NewWebhook",
    "SkyferryError",
    "TransferFilter",
]
