"""The door for MCP clients: tools that ask and search, documents as resources; over HTTP and on standard input.

Imported only where it is configured: it needs the official SDK (`greenlit[mcp]`).
"""
