"""Word documents to text: `document` is the loader; every text of every part is stored or said to be left out."""
