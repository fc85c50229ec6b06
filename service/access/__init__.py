"""Who is asking: principals, and how one is recognised. Today one person on their own machine (`local`)."""
