"""Web pages and Markdown to text: `html` and `markdown` are the loaders; both are walked by `html_walk`."""
