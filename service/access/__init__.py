"""Who is asking: the port that recognises callers, and its adapters.

`port` is all that doors know, and `opening` puts together what stands behind it: `recognition` hands a request to the
adapter that knows what it carries, which is `local` (one person on their own machine), `openid` (an identity provider)
or `keys` (programs). What they recognise, `people` makes a principal of, by `rules` (which group has which role) and by
what knows people who are not there: `directory`, `pushed`, and who signed in lately (`sessions`).
"""
