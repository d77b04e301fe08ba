"""AWS CDK constructs of Skyferry: a file-transfer service whole, or its building blocks one by one.

Building blocks import neither the service, the stacks nor the configuration files.
"""

from skyferry_cdk.alarms import RunbookAlarm, Severity, Watched
from skyferry_cdk.api_domain import ApiDomain, CustomDomain
from skyferry_cdk.api_settings import ApiAlarms, ApiAuth, ClientPlan, Throttle
from skyferry_cdk.bundling import PythonBundle
from skyferry_cdk.bundling_steps import BundlingError
from skyferry_cdk.dns_records import DnsRecord
from skyferry_cdk.email_sender import EmailSender, SenderIdentity
from skyferry_cdk.encryption_key import EncryptionKey
from skyferry_cdk.file_bucket import FileBucket, FileLifecycle
from skyferry_cdk.function import FunctionAlarms, Invocation, ServiceFunction
from skyferry_cdk.function_settings import ApplicationSignals, VpcPlacement, WarmStart
from skyferry_cdk.github_roles import GitHubRoles
from skyferry_cdk.malware_protection import MalwareProtection
from skyferry_cdk.monitoring import AlarmTopics, Monitoring
from skyferry_cdk.monthly_budget import MonthlyBudget
from skyferry_cdk.nightly_backup import NightlyBackup
from skyferry_cdk.openapi_gateway import to_gateway
from skyferry_cdk.queue_worker import DeadLetterQueue, QueueAlarms, QueueWorker
from skyferry_cdk.receipt_key import ReceiptKey
from skyferry_cdk.rest_api import RestApi
from skyferry_cdk.rollout import Rollout
from skyferry_cdk.rules import SkyferryRules
from skyferry_cdk.scan_gate import CustomScan, GuardDutyScan, NoScan, ScanGate
from skyferry_cdk.service import FileTransferService
from skyferry_cdk.service_settings import FunctionSettings, Oidc, OwnerQuotas
from skyferry_cdk.stream_worker import StreamWorker
from skyferry_cdk.table import TransferTable
from skyferry_cdk.web_acl import Waf, WebAcl

__all__ = [
    "AlarmTopics",
    "ApiAlarms",
    "ApiAuth",
    "ApiDomain",
    "ApplicationSignals",
    "BundlingError",
    "ClientPlan",
    "CustomDomain",
    "CustomScan",
    "DeadLetterQueue",
    "DnsRecord",
    "EmailSender",
    "EncryptionKey",
    "FileBucket",
    "FileLifecycle",
    "FileTransferService",
    "FunctionAlarms",
    "FunctionSettings",
    "GitHubRoles",
    "GuardDutyScan",
    "Invocation",
    "MalwareProtection",
    "Monitoring",
    "MonthlyBudget",
    "NightlyBackup",
    "NoScan",
    "Oidc",
    "OwnerQuotas",
    "PythonBundle",
    "QueueAlarms",
    "QueueWorker",
    "ReceiptKey",
    "RestApi",
    "Rollout",
    "RunbookAlarm",
    "ScanGate",
    "SenderIdentity",
    "ServiceFunction",
    "Severity",
    "SkyferryRules",
    "StreamWorker",
    "Throttle",
    "TransferTable",
    "VpcPlacement",
    "Waf",
    "WarmStart",
    "Watched",
    "WebAcl",
    "to_gateway",
]
