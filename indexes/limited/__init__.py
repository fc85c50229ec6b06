"""A process of its own for bytes that may be hostile: what it may use and touch, and how it is asked

`process` is the parent's side: it starts a child, gives it one request after another, and replaces it when it fails.
`child` is the child's: a module that reads bytes imports all that it needs and calls `child.serve`. `limits` is what
the kernel and Python hold the child to, `frames` how the two speak. Knows no format of documents.
"""
