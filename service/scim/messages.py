"""What SCIM answers with: resources and lists of them as `application/scim+json`, errors in its own form (RFC 7644).

`ScimRoute` makes such an error of what goes wrong in a route. An error never repeats a text of the request.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from service.access.errors import NotSignedInError
from service.access.pushed import NoMemberError, TakenError, UnknownError

MEDIA_TYPE = "application/scim+json"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


class ScimError(Exception):
    """A request that cannot be answered as it is; `kind` is what SCIM calls that, if it has a word for it."""

    def __init__(self, status: int, detail: str, kind: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.kind = kind


class ScimRoute(APIRoute):
    """A route whose errors have the form of SCIM."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        answer = super().get_route_handler()

        async def answer_or_say(request: Request) -> Response:
            try:
                return await answer(request)
            except ScimError as error:
                return _said(error)
            except NotSignedInError:
                return _said(ScimError(401, "expected an API key with the scope scim"))
            except UnknownError as error:
                return _said(ScimError(404, str(error)))
            except TakenError as error:
                return _said(ScimError(409, str(error), "uniqueness"))
            except NoMemberError as error:
                return _said(ScimError(400, str(error), "invalidValue"))

        return answer_or_say


def resource(value: dict[str, Any], status: int = 200) -> Response:
    """Return a resource as a response."""
    location = value.get("meta", {}).get("location")
    return JSONResponse(value, status, {"Location": location} if location else None, media_type=MEDIA_TYPE)


def listed(values: Sequence[dict[str, Any]], *, total: int, start: int) -> Response:
    """Return a page of a list as a response; `start` is the number of its first value, from 1."""
    page = {
        "schemas": [LIST],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(values),
        "Resources": list(values),
    }
    return JSONResponse(page, media_type=MEDIA_TYPE)


def _said(error: ScimError) -> Response:
    kind = {"scimType": error.kind} if error.kind else {}
    body = {"schemas": [_ERROR], "status": str(error.status), "detail": error.detail, **kind}
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None  # noqa: PLR2004  (the status)
    return JSONResponse(body, error.status, headers, media_type=MEDIA_TYPE)
