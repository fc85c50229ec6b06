"""Makes what of a service rests on where builds lie: in a folder, or in an object store that the folder mirrors."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from indexes.builds import Build
from indexes.clock import utc_now
from indexes.encoder import Encoder
from indexes.holds import HOLDS_FOLDER
from indexes.milvus_opening import opened_collections
from indexes.objects.held import Holding
from indexes.objects.mirror import Mirror
from indexes.objects.opening import open_mirror
from indexes.register_state import RegisterPlace
from service.answering.follow import Follower
from service.answering.live_build import LiveBuild
from service.answering.past.grounds import Grounds
from service.audit.opening import OpenLog
from service.operating.followed_builds import FollowedBuilds
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class BuildsMade:
    """The build that answers, and, where builds lie elsewhere, the mirror of that and what follows it."""

    live: LiveBuild
    elsewhere: Mirror | None
    followed: FollowedBuilds | None

    @property
    def problems(self) -> tuple[Callable[[], list[str]], ...]:
        """What tells in words what is wrong with following."""
        return (self.followed.problems,) if self.followed else ()

    @property
    def remarks(self) -> tuple[Callable[[], list[str]], ...]:
        """What tells in words that another build answers than the one that is live elsewhere."""
        return (self.followed.remarks,) if self.followed else ()


def builds_made(settings: Settings, encoder: Encoder, follower: Follower, notice: Callable[[str], None]) -> BuildsMade:
    """Return what has builds; nothing is opened or reached yet.

    Raises:
        ObjectStoreError: what speaks to the store that builds lie in is not installed.
    """

    def on_open(build: Build) -> None:
        follower.started()
        follower.build_opened(build)

    elsewhere = open_mirror(settings.builds_address(), settings.builds)
    originals = elsewhere.original if elsewhere else None
    live = LiveBuild(
        builds=settings.builds,
        encoder=encoder,
        notice=notice,
        on_open=on_open,
        collections=opened_collections(settings.milvus()),
        originals=originals,
    )
    if elsewhere is None:
        return BuildsMade(live, None, None)
    holding = Holding(elsewhere.store, settings.state / HOLDS_FOLDER)
    followed = FollowedBuilds(elsewhere, holding, damaged=live.is_damaged, now=utc_now, notice=notice)
    return BuildsMade(live, elsewhere, followed)


def grounds_made(
    settings: Settings,
    opened: OpenLog,
    mirror: Mirror | None,
    register: RegisterPlace,
    *,
    now: Callable[[], datetime],
) -> Grounds:
    """Return what finds the grounds of past answers."""
    return Grounds(
        builds=settings.builds,
        library=settings.library,
        store=opened.store,
        now=now,
        register=register,
        fetch_passages=mirror.past_passages if mirror else None,
        scratch=settings.state,
    )
