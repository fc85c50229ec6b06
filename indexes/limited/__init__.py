"""A process of its own for bytes that may be hostile: what it may use and touch, and how it is asked

`process` is the parent's side: it starts a child, gives it one request after another, and replaces it when it fails.
`child` is the child's: a module that reads bytes imports all that it needs and calls `child.serve`. What the child is
held by: `limits` (what the kernel counts, what Python refuses) and `fences` (`landlock`, and `filter` with
`syscalls`); `sandbox` says which of them hold. `frames` is how the two speak. Knows no format of documents.
"""
