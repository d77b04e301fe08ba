"""The DNS records by which a sending domain proves itself: DKIM, MAIL FROM (SPF) and DMARC."""

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_ses as ses


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRecord:
    """One record as a person enters it; `purpose` is its name among the stack's outputs."""

    purpose: str
    name: str
    kind: str
    value: str

    def __str__(self) -> str:
        return f"{self.name} {self.kind} {self.value}"


def of_domain(
    scope: cdk.Stack, identity: ses.EmailIdentity, domain: str, mail_from: str | None
) -> Sequence[DnsRecord]:
    """What SES asks for, in the order of
    https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html"""
    records = [
        DnsRecord(purpose=f"DkimRecord{number}", name=one.name, kind="CNAME", value=one.value)
        for number, one in enumerate(identity.dkim_records, start=1)
    ]
    if mail_from is not None:
        host = f"feedback-smtp.{scope.region}.amazonses.com"
        records += [
            DnsRecord(purpose="MailFromMx", name=mail_from, kind="MX", value=f"10 {host}"),
            DnsRecord(
                purpose="MailFromSpf",
                name=mail_from,
                kind="TXT",
                value='"v=spf1 include:amazonses.com ~all"',
            ),
        ]
    return [*records, dmarc(domain)]


def dmarc(domain: str) -> DnsRecord:
    """Advice, since other senders of the domain are concerned: look at reports first, then tighten `p`."""
    return DnsRecord(
        purpose="DmarcAdvice",
        name=f"_dmarc.{domain}",
        kind="TXT",
        value=f'"v=DMARC1; p=none; rua=mailto:postmaster@{domain}"',
    )
