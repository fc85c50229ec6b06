"""PDFs to text: `document` is the loader; the page as it is drawn decides what of it anybody sees (`report`)."""
