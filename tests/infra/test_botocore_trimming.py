"""botocore in a Lambda asset: what we ask of AWS works as it does with all of it."""

import json
import shutil
from pathlib import Path
from typing import Any

import botocore
import botocore.session
import pytest
from botocore.config import Config
from skyferry_cdk import BundlingError
from skyferry_cdk.botocore_trimming import trim_botocore
from skyferry_cdk.service_settings import BOTOCORE

from tests.infra.infra_support import REPOSITORY


@pytest.fixture(scope="module")
def trimmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """botocore as installed here, trimmed to our services."""
    output = tmp_path_factory.mktemp("asset")
    source = Path(botocore.__file__).parent / "data"
    target = output / "botocore" / "data"
    target.mkdir(parents=True)
    for entry in source.iterdir():
        if entry.is_file():
            shutil.copyfile(entry, target / entry.name)
    for name in {*BOTOCORE, "polly"}:  # one foreign service proves the cut
        shutil.copytree(source / name, target / name)
    trim_botocore(output, BOTOCORE)
    return target


def test_trimmed_botocore_holds_our_services_unpacked_and_no_other(trimmed: Path) -> None:
    assert {one.name for one in trimmed.iterdir() if one.is_dir()} == set(BOTOCORE)
    assert not list(trimmed.rglob("*.gz"))
    assert (trimmed / "endpoints.json").stat().st_size < 200_000


@pytest.mark.parametrize("service", sorted(BOTOCORE))
@pytest.mark.parametrize("region", ["eu-central-1", "us-gov-west-1", "cn-north-1"])
def test_every_client_loads_from_trimmed_data_with_the_same_endpoint(
    trimmed: Path, service: str, region: str
) -> None:
    def endpoint(data: Path | None) -> str:
        url: str = _client(service, region, data).meta.endpoint_url
        return url

    assert endpoint(trimmed) == endpoint(None)


def test_a_form_and_a_url_are_signed_from_trimmed_data(trimmed: Path) -> None:
    """botocore reads more of S3's model here than for a plain call."""
    client = _client("s3", "eu-central-1", trimmed)
    assert client.generate_presigned_post("shelf", "book")["url"].endswith("amazonaws.com/")
    place = {"Bucket": "shelf", "Key": "book"}
    assert "X-Amz-Signature" in client.generate_presigned_url("get_object", Params=place)


def _client(service: str, region: str, data: Path | None) -> Any:
    """A client from the given model data; None: as installed."""
    session = botocore.session.Session()
    if data is not None:
        session.get_component("data_loader")._search_paths = [str(data)]
    config = Config(signature_version="s3v4") if service == "s3" else None
    return session.create_client(
        service,
        region_name=region,
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=config,
    )


def test_a_service_botocore_does_not_know_is_reported(tmp_path: Path) -> None:
    (tmp_path / "botocore/data").mkdir(parents=True)
    with pytest.raises(BundlingError, match="no service s4"):
        trim_botocore(tmp_path, {"s4": []})


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A service `shop` with two operations and a shape for each."""
    folder = tmp_path / "botocore" / "data" / "shop" / "2026-01-01"
    folder.mkdir(parents=True)
    (folder.parents[1] / "endpoints.json").write_text('{"partitions": []}')
    document = {
        "operations": {
            "Get": {"documentation": "<p>How to get.</p>", "input": {"shape": "In"}},
            "Put": {"input": {"shape": "Other"}},
        },
        "shapes": {
            "In": {"members": {"documentation": {"shape": "Text", "documentation": "x"}}},
            "Text": {"type": "string"},
            "Other": {"members": {"a": {"shape": "Text"}, "again": {"shape": "Other"}}},
        },
    }
    path = folder / "service-2.json"
    path.write_text(json.dumps(document, indent=2))
    return path


def test_an_operation_botocore_does_not_know_is_reported(tmp_path: Path, model: Path) -> None:
    with pytest.raises(BundlingError, match="shop has no operation Gett, Give"):
        trim_botocore(tmp_path, {"shop": ["Get", "Gett", "Give"]})


def test_what_is_not_asked_for_and_the_texts_of_the_manual_are_left_out_and_nothing_else(
    tmp_path: Path, model: Path
) -> None:
    trim_botocore(tmp_path, {"shop": ["Get"]})

    assert json.loads(model.read_text()) == {
        "operations": {"Get": {"documentation": "", "input": {"shape": "In"}}},
        "shapes": {
            "In": {"members": {"documentation": {"shape": "Text", "documentation": ""}}},
            "Text": {"type": "string"},
        },
    }


def test_a_model_keeps_its_operations_and_the_shapes_they_are_made_of(trimmed: Path) -> None:
    for service, operations in BOTOCORE.items():
        client = _client(service, "eu-central-1", trimmed)
        model = client.meta.service_model
        assert set(operations) <= set(model.operation_names)
        whole = _client(service, "eu-central-1", None).meta.service_model
        for name in operations:
            for shape in ("input_shape", "output_shape"):
                ours, theirs = (
                    getattr(model.operation_model(name), shape),
                    getattr(whole.operation_model(name), shape),
                )
                assert _members(ours) == _members(theirs)
    assert (
        "PutBucketPolicy"
        not in _client("s3", "eu-central-1", trimmed).meta.service_model.operation_names
    )


def _members(shape: Any, above: tuple[str, ...] = ()) -> object:
    """The whole tree below a shape."""
    if shape is None or shape.name in above:
        return None
    below = (*above, shape.name)
    match shape.type_name:
        case "structure":
            return {name: _members(member, below) for name, member in shape.members.items()}
        case "list":
            return [_members(shape.member, below)]
        case "map":
            return {"key": shape.key.type_name, "value": _members(shape.value, below)}
    return shape.type_name


def test_the_services_kept_are_those_the_runtime_makes_clients_of() -> None:
    clients = (REPOSITORY / "runtime/skyferry/shared/clients.py").read_text()
    for service in set(BOTOCORE) - {"sts"}:  # sts: credentials of a role
        assert f'create_client("{service}"' in clients
    assert clients.count("create_client(") == len(BOTOCORE) - 1
