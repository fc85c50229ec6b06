// The source beside the answer: opened by a citation, scrolled to the quote, closed with Esc. Nothing of the answer moves.

const beside = document.getElementById("beside");
const sheet = matchMedia("(width < 1100px)");
let opener = null; // the link that opened it: the focus goes back there
let latest = 0; // a slow answer to an earlier click must not replace a later one

function button(name, words, act) {
  const one = document.createElement("button");
  one.type = "button";
  one.className = "plain";
  one.textContent = words;
  if (name) one.setAttribute("aria-label", name);
  one.addEventListener("click", act);
  return one;
}

/** The line on top: which of how many quotes this is, the ones before and after, and closing. */
function bar(link, turn) {
  const line = document.createElement("p");
  line.className = "beside-bar";
  const chips = [...turn.querySelectorAll("a.chip")];
  const at = chips.findIndex((chip) => chip.dataset.n === link.dataset.n);
  if (at >= 0) {
    const place = document.createElement("span");
    place.textContent = `Quote ${at + 1} of ${chips.length}`;
    const before = button("Quote before", "‹", () => openSource(chips[at - 1], turn));
    const after = button("Next quote", "›", () => openSource(chips[at + 1], turn));
    before.disabled = at === 0;
    after.disabled = at === chips.length - 1;
    line.append(before, place, after);
  }
  line.append(button("", "Close", closeSource));
  return line;
}

/** Bring the quote, or the place, into view within the column alone: scrollIntoView would move the page too. */
function toQuote() {
  const text = beside.querySelector(".beside-text");
  const quote = text?.querySelector("mark") ?? text?.querySelector("#place");
  if (!quote) return;
  text.scrollTop += quote.getBoundingClientRect().top - text.getBoundingClientRect().top - text.clientHeight / 3;
}

/** As a sheet it lies over the answer, which then takes no focus. */
function over(open) {
  for (const other of document.querySelectorAll("body > .top, main > :not(#beside)")) other.inert = open && sheet.matches;
}

function said(words, address) {
  const problem = document.createElement("p");
  problem.className = "problem";
  problem.setAttribute("role", "alert");
  problem.textContent = words;
  if (address) {
    const link = document.createElement("a");
    link.href = address;
    link.textContent = "Open it as a page";
    problem.append(" ", link);
  }
  return problem;
}

/** Show the source that a link of a turn leads to, in the column beside. */
export async function openSource(link, turn) {
  const mine = ++latest;
  if (!beside.contains(document.activeElement)) opener = link;
  for (const chip of document.querySelectorAll(".chip.open")) chip.classList.remove("open");
  const chip = turn.querySelector(`a.chip[data-n="${CSS.escape(link.dataset.n ?? "")}"]`);
  chip?.classList.add("open");
  const shown = document.createElement("template");
  try {
    const response = await fetch(link.href.split("#")[0], { headers: { "Greenlit-Part": "source" } });
    if (mine !== latest) return;
    if (response.ok || response.status === 404) shown.innerHTML = await response.text();
    else if (response.status === 401) shown.content.append(said("Your session has ended.", link.href));
    else shown.content.append(said("The source cannot be shown now.", link.href));
  } catch {
    if (mine !== latest) return;
    shown.content.append(said("The connection was lost, so the source cannot be shown. Please try again."));
  }
  beside.replaceChildren(bar(link, turn), shown.content);
  beside.hidden = false;
  over(true);
  toQuote();
  (beside.querySelector("#beside-title") ?? beside.querySelector("button")).focus({ preventScroll: true });
}

/** Close the column, and go back to what opened it. */
export function closeSource() {
  if (!beside || beside.hidden) return;
  latest++;
  beside.hidden = true;
  beside.replaceChildren();
  over(false);
  for (const chip of document.querySelectorAll(".chip.open")) chip.classList.remove("open");
  if (opener?.isConnected) opener.focus({ preventScroll: true });
  opener = null;
}
