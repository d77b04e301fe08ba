"""ApiDomain: an API under a name of its own."""

from dataclasses import dataclass

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from constructs import Construct


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDomain:
    """All by attribute, nothing is looked up. The certificate is of the API's region. With a hosted zone the
    alias records are written; without one, make them yourself for `CustomDomain.target`."""

    name: str
    certificate_arn: str
    hosted_zone_id: str | None = None
    hosted_zone_name: str | None = None


class CustomDomain(Construct):
    """The name, TLS 1.2 or newer, and a stage of the API below a base path."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        domain: ApiDomain,
        stage: apigateway.Stage,
        base_path: str,
    ) -> None:
        super().__init__(scope, id)
        if (domain.hosted_zone_id is None) != (domain.hosted_zone_name is None):
            raise ValueError(
                f"{self.node.path}: hosted_zone_id and hosted_zone_name: give both or neither"
            )
        self.domain_name = apigateway.DomainName(
            self,
            "Name",
            domain_name=domain.name,
            certificate=acm.Certificate.from_certificate_arn(
                self, "Certificate", domain.certificate_arn
            ),
            endpoint_type=apigateway.EndpointType.REGIONAL,
            security_policy=apigateway.SecurityPolicy.TLS_1_2,
        )
        apigateway.BasePathMapping(
            self,
            "Mapping",
            domain_name=self.domain_name,
            rest_api=stage.rest_api,
            stage=stage,
            base_path=base_path,
        )
        if domain.hosted_zone_id is not None and domain.hosted_zone_name is not None:
            self._write_records(domain.name, domain.hosted_zone_id, domain.hosted_zone_name)

    @property
    def target(self) -> str:
        """What the name's alias or CNAME record points at."""
        return self.domain_name.domain_name_alias_domain_name

    def _write_records(self, name: str, zone_id: str, zone_name: str) -> None:
        zone = route53.HostedZone.from_hosted_zone_attributes(
            self, "Zone", hosted_zone_id=zone_id, zone_name=zone_name
        )
        target = route53.RecordTarget.from_alias(targets.ApiGatewayDomain(self.domain_name))
        for kind, record in (("A", route53.ARecord), ("AAAA", route53.AaaaRecord)):
            record(self, kind, zone=zone, record_name=f"{name}.", target=target)
