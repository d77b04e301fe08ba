"""Every example is one that the service would take or give."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from skyferry.core import errors
from skyferry.functions.api.http import NoBody
from skyferry.functions.api.openapi import document
from skyferry.functions.api.openapi_examples import examples, problem_examples
from skyferry.functions.api.openapi_responses import ProblemDocument, problem_example
from skyferry.functions.api.operation import Operation
from skyferry.functions.api.operations import OPERATIONS
from skyferry.functions.api.problems import INTERNAL, TABLE, UnauthorizedError

DOCUMENT = document()
PROBLEMS = {problem.code: problem for problem in (*TABLE.values(), INTERNAL)}
FIXED = (
    errors.NotFoundError,
    errors.NoVerifiedEmailError,
    errors.PasswordRequiredError,
    errors.WrongPasswordError,
    UnauthorizedError,
)


def wanted(operation: Operation) -> set[str]:
    request = set() if issubclass(operation.body, NoBody) else {"request"}
    return request | ({"answer"} if operation.answer else set())


def check(value: object, model: str) -> None:
    schema = {"$ref": f"#/components/schemas/{model}", "components": DOCUMENT["components"]}
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(value)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_every_operation_has_its_examples(operation: Operation) -> None:
    given = examples().get(operation.id, {})

    assert set(given) == wanted(operation), f"{operation.id}: add them to functions/api/examples/"


def test_no_example_is_of_an_operation_that_does_not_exist() -> None:
    assert set(examples()) <= {operation.id for operation in OPERATIONS}


@pytest.mark.parametrize(
    "operation",
    [each for each in OPERATIONS if "request" in wanted(each)],
    ids=lambda operation: operation.id,
)
def test_a_request_is_taken_as_it_stands(operation: Operation) -> None:
    request = examples()[operation.id]["request"]

    operation.body.model_validate_json(json.dumps(request))
    check(request, operation.body.__name__)


@pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS if each.answer], ids=lambda operation: operation.id
)
def test_an_answer_is_as_its_schema_says(operation: Operation) -> None:
    assert operation.answer
    check(examples()[operation.id]["answer"], operation.answer.__name__)


def test_an_answer_that_its_schema_does_not_allow_is_noticed() -> None:
    answer = examples()["createTransfer"]["answer"]

    with pytest.raises(Exception, match="Additional properties"):
        check({**answer, "owner": "ada"}, "CreatedTransfer")


def test_examples_stand_where_they_belong() -> None:
    operation = DOCUMENT["paths"]["/transfers"]["post"]
    request = operation["requestBody"]["content"]["application/json"]["example"]
    answer = operation["responses"]["201"]["content"]["application/json"]["example"]

    assert request["recipients"][0]["email"] == answer["recipients"][0]["email"]


def test_every_code_has_its_example_and_no_other() -> None:
    assert set(problem_examples()) == set(PROBLEMS)


@pytest.mark.parametrize("code", sorted(PROBLEMS))
def test_a_problem_is_a_whole_document_with_a_sentence_of_ours(code: str) -> None:
    problem: dict[str, Any] = problem_example(PROBLEMS[code])

    check(problem, ProblemDocument.__name__)
    assert problem["detail"].endswith(".")
    assert problem["status"] == PROBLEMS[code].status


@pytest.mark.parametrize("kind", FIXED)
def test_a_sentence_that_never_changes_is_quoted_word_for_word(kind: Any) -> None:
    assert problem_examples()[TABLE[kind].code]["detail"] == kind().detail
