"""What the library refuses, as errors that a door can tell."""

import contextlib
from collections.abc import Iterator

from indexes.errors import (
    DocumentNameError,
    LooksAlikeError,
    NoFileError,
    RegisterError,
    SourcesError,
    TermsError,
    TimeAheadError,
    UnsafeFileError,
    VersionError,
)
from service.deciding.errors import (
    NoDocumentError,
    NotDecidableError,
    OtherVersionError,
    RegisterUnavailableError,
    WishError,
)


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Turn what the library refuses into what a door says.

    Raises:
        DecidingError: the one that fits.
    """
    try:
        yield
    except VersionError as error:
        raise OtherVersionError(str(error)) from error
    except (LooksAlikeError, TimeAheadError) as error:
        raise NotDecidableError(str(error)) from error
    except (NoFileError, FileNotFoundError, DocumentNameError) as error:
        raise NoDocumentError("expected the name of a document that is there, got none") from error
    except TermsError as error:  # all else that is wished was checked before
        raise WishError(
            "supersedes: expected other documents that the register knows and that do not supersede this one, got one "
            "that is none"
        ) from error
    except UnsafeFileError as error:
        raise NotDecidableError(str(error)) from error
    except (RegisterError, SourcesError) as error:
        raise RegisterUnavailableError(str(error)) from error
