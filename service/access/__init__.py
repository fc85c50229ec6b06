"""Who is asking: the port that recognises callers, and its adapters.

`port` is all that doors know. `local` is the one adapter that there is: one person on their own machine. `sessions`
keeps the sessions of browsers, whoever signs them in.
"""
