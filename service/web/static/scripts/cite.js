// The numbers in an answer: what a number stands for shows at hover and focus by itself; a tap shows it first, Esc hides
// it, and opening it opens the source beside the answer.

import { openSource } from "/scripts/source.js";

const taps = matchMedia("(hover: none)");
const plain = (event) => !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button);

/** Make the numbers of a turn, and its other links to sources, open the source beside. */
export function cites(turn) {
  turn.addEventListener("click", (event) => {
    const link = event.target.closest("a.chip, a.card-open, a.opens");
    if (!link || !plain(event)) return;
    event.preventDefault();
    const cite = link.closest(".cite");
    if (taps.matches && cite && link.matches(".chip") && !cite.classList.contains("shows")) return show(cite);
    hideAll();
    cite?.classList.add("hides"); // it would lie over the answer for as long as the pointer stays
    openSource(link, turn);
  });
  for (const cite of turn.querySelectorAll(".cite")) {
    const left = () => cite.matches(":hover, :focus-within") || cite.classList.remove("hides");
    for (const leaving of ["pointerleave", "focusout"]) cite.addEventListener(leaving, () => setTimeout(left));
  }
}

function show(cite) {
  hideAll();
  cite.classList.add("shows");
  cite.querySelector(".chip").focus({ preventScroll: true });
}

function hideAll() {
  for (const cite of document.querySelectorAll(".cite.shows")) cite.classList.remove("shows");
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || document.activeElement?.closest("#beside")) return; // there it closes the source
  const open = document.querySelector(".cite:is(:hover, :focus-within, .shows):not(.hides)");
  if (!open) return;
  event.preventDefault();
  open.classList.add("hides");
  open.classList.remove("shows");
});
document.addEventListener("click", (event) => event.target.closest(".cite") || hideAll());
