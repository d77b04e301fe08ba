"""The asset of the functions, as it is built for a deployment and as it lies on Lambda after CDK's zip."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import botocore.session
import pytest
from skyferry.contract import Function
from skyferry_cdk.service_settings import BOTOCORE

from tests.faults import written_calls
from tools.bench import assets, table
from tools.bench.assets import Asset
from tools.bench.bytecode import bytecode_share
from tools.bench.runtime import Harness

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the wheels are Lambda's")

#: The authorizer has an asset of its own.
FUNCTIONS = sorted(set(Function) - {Function.AUTHORIZER})
#: Of bytecode that is checked by the hash of its source (PEP 552).
CHECKED_HASH = (0b11).to_bytes(4, "little")
IMPORT_ALL = f"""
from importlib import import_module
import json
for name in {[str(function) for function in FUNCTIONS]}:
    import_module("skyferry.functions." + name + ".index")
import s3transfer.manager, jinja2, skyferry.functions.api.openapi
from skyferry.shared import clients
makers = [maker for maker in vars(clients).values() if hasattr(maker, "cache_info")]
made = [maker() for maker in makers if maker is not clients._session]
names = [client.meta.service_model.service_name for client in made]
print(json.dumps({{"clients": names, "manual": clients.dynamodb().get_item.__doc__}}))
"""


@dataclass(frozen=True)
class Run:
    answer: str
    bytecode: float


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Asset:
    return assets.skyferry(tmp_path_factory.mktemp("shipped").resolve())


@pytest.fixture(scope="session")
def started(shipped: Asset) -> Run:
    return run(IMPORT_ALL, shipped.folder)


def run(script: str, folder: Path) -> Run:
    """In a process that finds nothing but the folder and the standard library."""
    done = subprocess.run(
        [sys.executable, "-v", "-S", "-B", "-c", f"import sys; sys.path.insert(0, {str(folder)!r})\n{script}"],
        env={"PATH": os.defpath, "AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1"},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return Run(done.stdout, bytecode_share(done.stderr, folder))


def test_every_module_that_a_function_loads_comes_from_bytecode(started: Run) -> None:
    assert started.bytecode == 1.0


def test_every_file_of_the_asset_has_bytecode_of_its_own_source(shipped: Asset) -> None:
    sources = list(shipped.folder.rglob("*.py"))
    stale = [
        source
        for source in sources
        if Path(importlib.util.cache_from_source(str(source))).read_bytes()[4:16]
        != CHECKED_HASH + importlib.util.source_hash(source.read_bytes())
    ]

    assert len(sources) > 500
    assert stale == []


def test_bytecode_that_is_checked_by_time_would_be_thrown_away(
    shipped: Asset, tmp_path: Path
) -> None:
    """Proof that the tests above can fail."""
    folder = tmp_path / "plain"
    caches = shutil.ignore_patterns("__pycache__")
    source = shipped.folder / "skyferry"
    shutil.copytree(source, folder / "skyferry", ignore=caches, copy_function=shutil.copyfile)
    assets.write_bytecode(folder, "timestamp")

    task = assets.zipped(folder, "plain", "").folder

    assert run("import skyferry.core.limits", task).bytecode == 0.0


def test_every_client_that_the_runtime_makes_loads_from_the_shipped_data(started: Run) -> None:
    # sts: credentials of a role.
    assert {*json.loads(started.answer)["clients"], "sts"} == set(BOTOCORE)


def test_botocores_manual_is_left_out(shipped: Asset, started: Run) -> None:
    docs = {path.name for path in (shipped.folder / "botocore" / "docs").glob("*.py")}

    assert docs == {"__init__.py", "docstring.py", "utils.py"}
    assert json.loads(started.answer)["manual"] == ""


def test_every_operation_that_the_adapters_call_is_in_the_shipped_models(shipped: Asset) -> None:
    called = {operation for _, operation in written_calls.calls()} | written_calls.signed()
    installed, trimmed = botocore.session.Session(), botocore.session.Session()
    data = str(shipped.folder / "botocore" / "data")
    trimmed.get_component("data_loader")._search_paths = [data]

    def known(session: botocore.session.Session) -> dict[str, set[str]]:
        models = {service: session.get_service_model(service) for service in BOTOCORE}
        return {
            service: {name for name in called if name in model.operation_names and _read(model, name)}
            for service, model in models.items()
        }  # fmt: skip

    assert set().union(*known(installed).values()) == called
    assert {"GetObject", "UploadPart"} <= called
    assert known(trimmed) == known(installed)


def _read(model: botocore.model.ServiceModel, name: str) -> bool:
    """Whether the operation's shapes can be read."""
    operation = model.operation_model(name)
    shapes = (operation.input_shape, operation.output_shape)
    return all(shape.members is not None for shape in shapes if shape)


def test_the_asset_answers_under_lambdas_own_runtime_client(shipped: Asset, tmp_path: Path) -> None:
    with table.running() as port:
        harness = Harness(assets.runtime_client(tmp_path), port)
        (sample,) = harness.round([shipped], 2)

    assert sample.warm_cpu.keys() == {"get", "create"}
    assert min(sample.cold_cpu, sample.peak_rss, *sample.warm_cpu.values()) > 0
