// The reader of a document: the quote is brought into view and gets the focus, for whoever reads with the keyboard.

const quote = document.getElementById("quote");
if (quote && location.hash === "#quote") quote.focus({ preventScroll: true });

const contents = document.querySelector(".contents details");
if (contents && matchMedia("(width < 900px)").matches) contents.open = false;
