"""botocore in a Lambda asset: what the code asks of AWS is kept, the other 400 services and the manual are not."""

import gzip
import json
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from skyferry_cdk.bundling_steps import BundlingError

#: Files of botocore/data every client needs, besides the service's own folder.
_BOTOCORE_COMMON: Final = frozenset(
    {"_retry.json", "endpoints.json", "partitions.json", "sdk-default-configuration.json"}
)
#: botocore's service names and the names of the same services in endpoints.json, where they differ.
_ENDPOINT_PREFIXES: Final = {"sesv2": "email"}
#: botocore writes a manual to each method of a client, when somebody reads it; on Lambda nobody does.
_NO_MANUAL: Final = '''"""In the place of botocore's manual, which is left out of this asset."""


class LazyLoadedDocstring(str):
    def __new__(cls, *args, **kwargs):
        return super().__new__(cls)


class ClientMethodDocstring(LazyLoadedDocstring):
    pass


class WaiterDocstring(LazyLoadedDocstring):
    pass


class PaginatorDocstring(LazyLoadedDocstring):
    pass
'''


def trim_botocore(output: Path, kept: Mapping[str, Collection[str]]) -> None:
    """Keep the data of the named services and their named operations only, unpacked, and cut endpoints.json to them.

    The first client parses 1.25 MB of endpoints and lists 400 folders otherwise; a quarter of the asset goes.
    Raises BundlingError for a service or an operation that botocore does not know.
    """
    data = output / "botocore" / "data"
    if not data.is_dir():
        return
    _trim_services(data, kept)
    _trim_endpoints(data / "endpoints.json", kept)
    for model in data.rglob("*.json"):
        _rewrite(model, json.loads(model.read_bytes(), object_hook=_without_documentation))
    for service, operations in kept.items():
        _trim_operations(data / service, operations)
    _drop_manual(output / "botocore" / "docs")


def _trim_services(data: Path, kept: Collection[str]) -> None:
    if missing := sorted(name for name in kept if not (data / name).is_dir()):
        raise BundlingError(f"botocore has no service {', '.join(missing)}")
    for entry in data.iterdir():
        if entry.is_dir() and entry.name not in kept:
            shutil.rmtree(entry)
        elif entry.is_file() and entry.name.removesuffix(".gz") not in _BOTOCORE_COMMON:
            entry.unlink()
    for packed in sorted(data.rglob("*.gz")):
        packed.with_suffix("").write_bytes(gzip.decompress(packed.read_bytes()))
        packed.unlink()
    for examples in data.rglob("examples-1.json"):
        examples.unlink()


def _drop_manual(docs: Path) -> None:
    """`utils.py` stays: the handlers of S3's parameters are made of it."""
    if not docs.is_dir():
        return
    for entry in docs.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        elif entry.name != "utils.py":
            entry.unlink()
    (docs / "__init__.py").touch()
    (docs / "docstring.py").write_text(_NO_MANUAL)


def _without_documentation(node: dict[str, object]) -> dict[str, object]:
    """Texts for botocore's own manual: more than half of each model that a cold start parses.

    Only texts: a member that happens to be named `documentation` is an object. Emptied, not removed:
    botocore reads the text of S3's client parameters when it signs a form."""
    if isinstance(node.get("documentation"), str):
        node["documentation"] = ""
    return node


def _trim_operations(service: Path, kept: Collection[str]) -> None:
    """Of each version's model, only these operations and the shapes they are made of."""
    known: set[str] = set()
    for path in service.rglob("service-2.json"):
        model = json.loads(path.read_bytes())
        known |= model["operations"].keys()
        model["operations"] = {
            name: model["operations"][name] for name in sorted(kept) if name in model["operations"]
        }
        used = _shapes(model["operations"], model["shapes"])
        model["shapes"] = {name: shape for name, shape in model["shapes"].items() if name in used}
        _rewrite(path, model)
    if missing := sorted(set(kept) - known):
        raise BundlingError(f"botocore's {service.name} has no operation {', '.join(missing)}")


def _shapes(operations: dict[str, object], shapes: dict[str, object]) -> set[str]:
    """The names of all shapes that operations refer to, and those refer to in turn."""
    found: set[str] = set()
    open_: list[object] = [operations]
    while open_:
        node = open_.pop()
        if isinstance(node, list):
            open_ += node
        elif isinstance(node, dict):
            open_ += node.values()
            name = node.get("shape")
            if isinstance(name, str) and name not in found:
                found.add(name)
                open_.append(shapes[name])
    return found


def _rewrite(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, separators=(",", ":")))


def _trim_endpoints(path: Path, services: Collection[str]) -> None:
    kept = {_ENDPOINT_PREFIXES.get(name, name) for name in services}
    document = json.loads(path.read_bytes())
    for partition in document["partitions"]:
        partition["services"] = {
            name: value for name, value in partition["services"].items() if name in kept
        }
    _rewrite(path, document)
