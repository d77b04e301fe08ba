"""DynamoDB's answers are what botocore makes of them, whatever an item holds."""

import base64
import json
from typing import Any

import botocore.session
import pytest
from botocore.parsers import ResponseParserFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from skyferry.shared import clients
from skyferry.shared.answers import AnswerParserFactory

_MODEL = botocore.session.get_session().get_service_model("dynamodb")
_BLOBS = st.binary(max_size=9).map(lambda blob: base64.b64encode(blob).decode())
_NUMBERS = st.decimals(allow_nan=False, allow_infinity=False).map(str)
_VALUES: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.builds(lambda text: {"S": text}, st.text())
    | st.builds(lambda number: {"N": number}, _NUMBERS)
    | st.builds(lambda blob: {"B": blob}, _BLOBS)
    | st.builds(lambda truth: {"BOOL": truth}, st.booleans())
    | st.just({"NULL": True})
    | st.builds(lambda texts: {"SS": texts}, st.lists(st.text(), min_size=1))
    | st.builds(lambda blobs: {"BS": blobs}, st.lists(_BLOBS, min_size=1)),
    lambda inner: (
        st.builds(lambda values: {"L": values}, st.lists(inner, max_size=4))
        | st.builds(lambda values: {"M": values}, st.dictionaries(st.text(), inner, max_size=4))
    ),
)
_ITEMS = st.dictionaries(st.text(min_size=1), _VALUES, max_size=8)


def parsed(factory: ResponseParserFactory, operation: str, status: int, body: Any) -> Any:
    answer = {"status_code": status, "headers": {}, "body": json.dumps(body).encode()}
    shape = _MODEL.operation_model(operation).output_shape
    assert shape is not None
    return factory.create_parser("json").parse(answer, shape)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(items=st.lists(_ITEMS, max_size=3), key=_ITEMS)
def test_an_answer_is_what_botocore_makes_of_it(items: list[Any], key: Any) -> None:
    body = {"Items": items, "LastEvaluatedKey": key, "Count": len(items), "Unknown": {"S": "x"}}

    ours = parsed(AnswerParserFactory(), "Query", 200, body)

    assert ours == parsed(ResponseParserFactory(), "Query", 200, body)
    assert ours["Items"] or not items


@pytest.mark.parametrize("item", [{"pk": {"S": "T#a"}}, {"pk": {"B": "/w=="}}])
def test_an_error_is_what_botocore_makes_of_it(item: dict[str, Any]) -> None:
    reasons = [{"Code": "ConditionalCheckFailed", "Message": "no", "Item": item}, {"Code": "None"}]
    body = {"__type": "a#TransactionCanceledException", "CancellationReasons": reasons}

    ours = parsed(AnswerParserFactory(), "TransactWriteItems", 400, body)

    assert ours == parsed(ResponseParserFactory(), "TransactWriteItems", 400, body)
    assert ours["Error"]["Code"] == "TransactionCanceledException"


def test_other_protocols_are_botocores_own() -> None:
    for protocol in ("rest-xml", "rest-json"):
        ours = AnswerParserFactory().create_parser(protocol)
        assert type(ours) is type(ResponseParserFactory().create_parser(protocol))


def test_the_clients_read_answers_so() -> None:
    factory = clients._session().get_component("response_parser_factory")

    assert isinstance(factory, AnswerParserFactory)
