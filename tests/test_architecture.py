"""Who may import whom, as the architecture page says it; read from the source, nothing is imported."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RUNTIME = ROOT / "runtime" / "skyferry"


def imports(path: Path) -> set[str]:
    """Absolute names of all modules the file imports, those inside functions included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def imports_below(folder: Path) -> dict[str, set[str]]:
    return {str(path.relative_to(ROOT)): imports(path) for path in sorted(folder.rglob("*.py"))}


def inside(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


AWS = ("boto3", "botocore", "s3transfer", "types_boto3_dynamodb", "types_boto3_s3")


def offenders(folder: Path, *forbidden: str) -> list[str]:
    return [
        f"{path}: {name}"
        for path, names in imports_below(folder).items()
        for name in sorted(names)
        if inside(name, *forbidden)
    ]


def test_the_core_knows_no_cloud() -> None:
    layers = [f"skyferry.{layer}" for layer in ("adapters", "functions", "shared")]

    assert offenders(RUNTIME / "core", *AWS, "aws_lambda_powertools", "jinja2", *layers) == []


def test_adapters_know_neither_functions_nor_powertools() -> None:
    assert offenders(RUNTIME / "adapters", "skyferry.functions", "aws_lambda_powertools") == []


def test_only_adapters_and_clients_know_the_sdk() -> None:
    # How the clients are made, and how they read what they are answered.
    allowed = {"runtime/skyferry/shared/clients.py", "runtime/skyferry/shared/answers.py"}
    found = [
        line
        for line in offenders(RUNTIME, *AWS)
        if not line.startswith("runtime/skyferry/adapters/") and line.split(":")[0] not in allowed
    ]

    assert found == []


@pytest.mark.parametrize(
    "function", sorted(path.name for path in (RUNTIME / "functions").iterdir() if path.is_dir())
)
def test_no_function_imports_another(function: str) -> None:
    others = [
        f"skyferry.functions.{path.name}"
        for path in (RUNTIME / "functions").iterdir()
        if path.is_dir() and path.name != function
    ]

    assert offenders(RUNTIME / "functions" / function, *others) == []


def test_the_runtime_knows_no_infrastructure_and_no_client() -> None:
    assert offenders(RUNTIME, "aws_cdk", "constructs", "skyferry_cdk", "skyferry_client") == []


#: What unpacks an upload, makes code or a command of it, or reads formats that can do either.
UNPACKS = ("zipfile", "tarfile", "bz2", "lzma", "shutil", "gzip", "zlib")
INTERPRETS = ("pickle", "marshal", "shelve", "subprocess", "yaml", "xml", "ctypes", "runpy")
#: They squeeze and open rows that they wrote themselves.
OWN_ROWS = {
    "runtime/skyferry/adapters/idempotency_table.py: gzip",
    "runtime/skyferry/adapters/rows.py: zlib",
}


def test_nothing_of_an_upload_is_unpacked_or_becomes_code() -> None:
    assert set(offenders(RUNTIME, *UNPACKS, *INTERPRETS)) == OWN_ROWS


def test_the_contract_needs_the_standard_library_only() -> None:
    names = {name.split(".")[0] for name in imports(RUNTIME / "contract.py")}

    assert names <= {"enum", "typing"}


def test_the_infrastructure_knows_the_contract_and_nothing_else_of_the_runtime() -> None:
    found = [
        f"{path}: {name}"
        for path, names in imports_below(ROOT / "stacks").items()
        for name in sorted(names)
        if inside(name, "skyferry") and not inside(name, "skyferry.contract")
        if name != "skyferry"
    ]

    assert found == []


def test_building_blocks_do_not_know_the_whole() -> None:
    wholes = ("laptop", "service", "stacks", "environment", "__init__")
    found = [
        f"{path}: {name}"
        for path, names in imports_below(ROOT / "stacks").items()
        if not Path(path).name.startswith(wholes)
        for name in sorted(names)
        if inside(name, "skyferry_cdk.service", "skyferry_cdk.stacks", "skyferry_cdk.environment")
    ]

    assert found == []


def test_the_client_uses_the_public_api_only() -> None:
    assert offenders(ROOT / "client", "skyferry", "skyferry_cdk", "aws_cdk", "boto3") == []


def test_the_operators_commands_know_neither_constructs_nor_functions() -> None:
    """The model of environments is loaded by name, late; see `skyferry_ops.environments`."""
    found = offenders(ROOT / "ops", "aws_cdk", "constructs", "skyferry_cdk", "skyferry.functions")

    assert [each for each in found if not each.startswith("ops/skyferry_ops/environments.py")] == []


def test_the_app_is_a_page_and_touches_nothing_outside() -> None:
    app = ROOT / "app.py"

    assert len(app.read_text(encoding="utf-8").splitlines()) <= 30
    assert not any(inside(name, "boto3", "subprocess", "httpx") for name in imports(app))


def test_this_check_sees_an_offender(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("def f():\n    from boto3 import client\n")

    assert imports(tmp_path / "bad.py") == {"boto3", "boto3.client"}
    assert inside("boto3.client", *AWS)
    assert not inside("skyferry_cdk", "skyferry")
