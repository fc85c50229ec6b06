"""Documents' bytes to text with locators, one module a format.

`formats` says which file name belongs to which format, without importing a parser; `registry` maps formats to their
modules and runs the right one; `process` runs `registry` in a limited child process, whose side is `worker`. A loader
is given bytes: it never opens a path, and it judges no approval.
"""

from ingest.loading.formats import loader_version

__all__ = ["loader_version"]
