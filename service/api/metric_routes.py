"""The route of the metrics: for operators, and for an API key with the scope `metrics`, which opens nothing else."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from service.api.problems import problems
from service.http.given import given
from service.http.identity import measuring
from service.operating.metrics import MEDIA_TYPE, Metrics

_TEXT = {"content": {"text/plain": {"example": "greenlit_ready 1.0\n"}}}

_metrics = APIRouter(tags=["health"], responses=problems(400, 401, 403, 429, 500, 503))


@_metrics.get("/metrics", response_class=Response, responses={200: _TEXT}, dependencies=[Depends(measuring)])
def metrics(metrics: Annotated[Metrics, Depends(given(Metrics))]) -> Response:
    """Tell how the service is in numbers, in Prometheus' text format; no text, no name and no pseudonym is in them."""
    return Response(metrics.text(), media_type=MEDIA_TYPE)


ROUTES = _metrics.routes
