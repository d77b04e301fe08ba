"""The README's construct example, synthesized as it stands."""

import re
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk.assertions import Template

README = Path(__file__).parents[2] / "README.md"


def test_the_construct_example_synthesizes(tmp_path: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "resize.py").write_text("def handler(event, context): ...\n")
    names: dict[str, Any] = {}
    # jsii keeps the folder it was started in.
    block = block.replace('"src"', repr(str(tmp_path / "src")))
    exec(compile(block, str(README), "exec"), names)  # noqa: S102 - our own README

    app = cdk.App(builtin_cloud_formation_validation=False)
    template = Template.from_stack(names["Thumbnails"](app, "Thumbnails"))

    template.resource_count_is("AWS::SQS::Queue", 2)
    template.resource_count_is("AWS::Lambda::Alias", 1)
    template.resource_count_is("AWS::CloudWatch::Alarm", 4)
