"""Makes, of settings, the language model that an installation asks, and what holds its words to more; calls nothing.

`parts` hands both to the steps.
"""

from collections.abc import Callable
from datetime import date

from service.answering.follow import Follower
from service.answering.supported.entailment import Entails
from service.answering.supported.entailment_model import EntailmentModel
from service.answering.writing.mandate import Mandate
from service.models.endpoints import Connect, Endpoints
from service.models.following import Models
from service.settings import Settings, environment


def mandate_made(
    settings: Settings,
    connect: Connect | None,
    *,
    follower: Follower,
    today: Callable[[], date],
    notice: Callable[[str], None],
    entails: Entails | None,
) -> Mandate | None:
    """Return the model that the settings ask for; `None` where they ask for none, and then nothing is read.

    Args:
        settings: as read by a door.
        connect: makes clients; without it none is asked.
        follower: puts on record what `models.toml` says, before it acts.
        today: the day, in UTC.
        notice: is told why `models.toml` cannot be used.
        entails: what its sentences are held to besides.
    """
    if connect is None or not settings.wants_a_model:
        return None
    models = Models(
        library=settings.library,
        on_change=lambda said: follower.models_changed(said.sha256, said.models),
        notice=notice,
    )
    return Mandate(
        endpoints=Endpoints(models=models, connect=connect, environment=environment(), today=today),
        name=settings.model,
        writes=settings.answerer == "llm",
        judges=settings.judge == "llm",
        rewrites=settings.rewriter == "llm",
        quotes_instead=settings.model_fails == "quote",
        entails=entails,
    )


def entailment_made(settings: Settings, connect: Connect | None) -> EntailmentModel | None:
    """Load the entailment model; `None` where the settings name none, or no model writes what it could judge.

    Raises:
        EncoderError: it is missing, cannot be loaded, or is of another kind.
    """
    if connect is None or settings.entailment is None or settings.answerer != "llm":
        return None
    return EntailmentModel(settings.entailment, least=settings.entailment_least)


def mandate_problems(mandate: Mandate | None) -> list[str]:
    """Return why the model could not be asked at this moment, in words for operators. Nothing is called.

    Raises:
        AuditUnavailableError: what `models.toml` says cannot be put on record.
    """
    return mandate.endpoints.problems(mandate.name) if mandate is not None else []
