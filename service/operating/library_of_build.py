"""Tells of a live build that was made for another library, as where two installations are given one folder of builds.

It is looked at once for each build and each state of the register. Keeps nobody from answering: the boundary hides what
is not approved here. A register that decides on nothing is told of by the boundary.
"""

from indexes.builds import Build
from indexes.errors import BuildError
from indexes.made_elsewhere import made_elsewhere
from indexes.register_state import RegisterPlace, RegisterState
from service.answering.live_build import LiveBuild


class LibraryOfBuild:
    """What was found last. Any thread may call."""

    def __init__(self, live_build: LiveBuild, register: RegisterPlace) -> None:
        """Take both; nothing is looked at."""
        self._live_build = live_build
        self._register = register
        self._looked: tuple[Build | None, RegisterState | None, list[str]] = (None, None, [])

    def problems(self) -> list[str]:
        """Return what is wrong, in words, by the register as somebody read it last; empty if nothing is.

        Raises:
            AuditError: the build cannot be put on record.
        """
        try:
            build = self._live_build.get()
        except BuildError:
            return []  # which is told as such
        state = self._register.newest()
        of_build, of_state, told = self._looked
        if build is not of_build or state is not of_state:
            told = []
            if state.decisions:
                words = made_elsewhere(build.build_id, build.documents, state.decisions, self._register.shown)
                told = [words] if words else []
            self._looked = (build, state, told)
        return told
