"""Parts as dependencies of routes that are made once."""

from collections.abc import Mapping
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.testclient import TestClient

from service.http.given import give, given

_router = APIRouter()


@_router.get("/")
def _told(words: Annotated[str, Depends(given(str))]) -> str:
    return words


def _app(parts: Mapping[Any, object]) -> TestClient:
    app = FastAPI(routes=_router.routes)
    give(app, parts)
    return TestClient(app)


def test_each_application_works_with_its_own_parts() -> None:
    one, other = _app({str: "one"}), _app({str: "other"})
    assert (one.get("/").json(), other.get("/").json()) == ("one", "other")


def test_a_part_that_was_not_given_is_missed_at_once() -> None:
    with pytest.raises(LookupError):
        _app({}).get("/")
