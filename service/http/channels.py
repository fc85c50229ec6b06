"""Which of Greenlit's own programs brought a question through the API, as that program says: `Greenlit-Channel`.

It is what stands in the record as the channel, so that an auditor sees which way people ask. Nobody proves it: what was
recognised, the caller and the key, stands beside it.
"""

from typing import Annotated, Literal

from fastapi import Header

CHANNEL = "Greenlit-Channel"
_WHAT = "which program of Greenlit's own brings the question; it is on record as the channel"

BroughtBy = Annotated[Literal["api", "cli", "mcp", "slack"], Header(alias=CHANNEL, description=_WHAT)]
