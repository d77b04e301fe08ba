"""DynamoDB's answers as botocore reads them, in less time: nearly all of an item is text and numbers, and botocore
tries ten types for each attribute."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from botocore.model import MapShape
from botocore.parsers import JSONParser, ResponseParser, ResponseParserFactory


class AnswerParserFactory(ResponseParserFactory):
    """For a session's component `response_parser_factory`."""

    def create_parser(self, protocol_name: str) -> ResponseParser:
        return self._json if protocol_name == "json" else super().create_parser(protocol_name)

    @cached_property
    def _json(self) -> ResponseParser:
        return _JsonParser()


class _JsonParser(JSONParser):
    def _handle_map(self, shape: MapShape, value: Mapping[str, Any]) -> Mapping[str, Any]:
        if shape.value.name != "AttributeValue":
            return super()._handle_map(shape, value)  # type: ignore[no-any-return, misc]
        return {
            name: attribute
            if "S" in attribute or "N" in attribute
            else self._parse_shape(shape.value, attribute)  # type: ignore[attr-defined]
            for name, attribute in value.items()
        }
