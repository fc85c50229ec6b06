"""The errors of `indexes`, one tree.

IndexesError
├── SettingsError         a setting that is wrong, by its name
├── DocumentNameError     a path that may not name a document
│   ├── UnknownDocumentError neither the library nor the register knows it
│   └── LooksAlikeError   it would be taken for an approved one
├── SourcesError          sources.toml is missing or wrong
├── UnsafeFileError       a file of the library that must not be read
│   ├── UnreadableFileError it may be, and the disk refuses
│   └── NoFileError       there is none to approve
├── VersionError          a document is another version than the one that somebody saw
├── RegisterError         the register cannot be read or written
│   └── TimeAheadError    it holds a time that has not come, so that no new approval would count
├── TermsError            what an approver says cannot stand in the register
├── DrawError             a page that cannot be drawn
│   └── DrawerBusyError   others are being drawn; it may be in a moment
├── EncoderError          the encoder is missing or not the expected one
├── DatabaseError         the database that replicas share cannot be reached, or refuses
└── BuildError            a build cannot be opened
    ├── NoBuildError      nothing was published yet
    ├── BuildDamagedError a file differs from what the manifest says
    ├── BuildMismatchError made with another encoder than the one loaded
    ├── SearchUnavailableError what finds candidates is away
    ├── HoldError         a build cannot be held, or nobody can say which builds are
    └── ObjectStoreError  where builds lie elsewhere: it cannot be reached, or refuses
        ├── NoObjectError     it holds nothing under a key
        └── ChangedError      what was to be replaced is another one by now

Every message says what was expected, what came, and what to do.
"""


class IndexesError(Exception):
    """Anything that `indexes` refuses to do."""


class SettingsError(IndexesError):
    """A setting has a value that cannot be used."""


class DocumentNameError(IndexesError):
    """A path that may not name a document."""


class UnknownDocumentError(DocumentNameError):
    """A document that neither the library nor the register knows."""


class LooksAlikeError(DocumentNameError):
    """A document that would be taken for an approved one."""


class SourcesError(IndexesError):
    """The allowlist of sources is missing or wrong."""


class UnsafeFileError(IndexesError):
    """A file of the library that must not, or cannot, be read."""


class UnreadableFileError(UnsafeFileError):
    """A file of the library that the disk does not give."""


class NoFileError(UnsafeFileError):
    """There is no file of this document."""


class VersionError(IndexesError):
    """A document is another version than the one that somebody saw."""


class RegisterError(IndexesError):
    """The register of approvals cannot be read or written."""


class TimeAheadError(RegisterError):
    """The register holds a time of a document that has not come, so that no new approval of it would count."""


class TermsError(IndexesError):
    """Something that an approver says cannot stand in the register."""


class EncoderError(IndexesError):
    """The encoder is missing, or its weights are not the expected ones."""


class DatabaseError(IndexesError):
    """The database that replicas share cannot be reached, or refuses; the message is the reason, without the rest."""


class BuildError(IndexesError):
    """A build cannot be opened or used."""


class NoBuildError(BuildError):
    """Nothing has been published yet."""


class BuildDamagedError(BuildError):
    """A file of a build is missing, or differs from what its manifest says."""


class BuildFormError(BuildDamagedError):
    """A build was made by another version, which reads it."""


class BuildMismatchError(BuildError):
    """A build was made with another encoder than the one loaded."""


class SearchUnavailableError(BuildError):
    """What finds candidates for questions is away, or is not what the manifest says; nothing was found out."""


class HoldError(BuildError):
    """A build cannot be held for the records that may refer to it, or nobody can say which builds are held."""


class ObjectStoreError(BuildError):
    """An object store of builds cannot be reached, refuses, or cannot do what builds need."""


class NoObjectError(ObjectStoreError):
    """An object store holds nothing under a key."""


class ChangedError(ObjectStoreError):
    """An object that was to be replaced is another one by now, or there where none was expected."""


class DrawError(IndexesError):
    """A page that cannot be drawn."""


class DrawerBusyError(DrawError):
    """A page that is not drawn because others are; it may be in a moment."""

    retry_after_s = 2
