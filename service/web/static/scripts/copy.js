// Copying: an answer takes its numbers and its list of sources along, as Markdown and as rich text.

import { send } from "/scripts/page.js";

const square = (text) => text.replace(/[\\[\]<>*_`#]/g, "\\$&"); // of Markdown, in texts that are not ours
const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** Return what the numbers of some chips stand for, each once, in order. */
function sources(chips) {
  return chips.map((chip) => {
    const card = chip.closest(".cite").querySelector(".card");
    const of = (name) => (card.querySelector(name)?.textContent ?? "").replace(/\s+/g, " ").trim();
    const note = [of(".card-note"), of(".card-lacks")].filter(Boolean).join(". ");
    return { n: chip.dataset.n, title: of(".card-title"), note, quote: of(".card-quote"), href: chip.href };
  });
}

/** Return sentences with numbers and the list of their sources, as Markdown and as HTML. */
function written(sentences) {
  const listed = sources(sentences.flatMap(({ chips }) => chips));
  const numbers = (chips) => chips.map((chip) => `[${chip.dataset.n}]`).join("");
  const plain = [
    ...sentences.map(({ text, chips }) => `${square(text)} ${numbers(chips)}`),
    listed.map((one) => `[${one.n}] ${square(one.title)}, ${square(one.note)} <${one.href}>`).join("\n"),
  ].join("\n\n");
  const rich = [
    ...sentences.map(({ text, chips }) => `<p>${escaped(text)} ${numbers(chips)}</p>`),
    ...listed.map((one) => `<p>[${one.n}] <a href="${escaped(one.href)}">${escaped(one.title)}</a>, ${escaped(one.note)}</p>`),
  ].join("");
  return { plain, rich };
}

const whole = (said) => ({ text: said.querySelector(".words").textContent, chips: [...said.querySelectorAll(".chip")] });

/** Return the sentences of an answer that a selection touches, cut to what is selected. */
function selected(answer, selection) {
  const range = selection.getRangeAt(0);
  return [...answer.querySelectorAll(".said")].flatMap((said) => {
    const words = said.querySelector(".words");
    if (!range.intersectsNode(words)) return [];
    const part = document.createRange();
    part.selectNodeContents(words);
    if (part.comparePoint(range.startContainer, range.startOffset) === 0) part.setStart(range.startContainer, range.startOffset);
    if (part.comparePoint(range.endContainer, range.endOffset) === 0) part.setEnd(range.endContainer, range.endOffset);
    const text = part.toString().trim();
    return text ? [{ text, chips: whole(said).chips }] : [];
  });
}

function put(event, { plain, rich }) {
  event.clipboardData.setData("text/plain", plain);
  event.clipboardData.setData("text/html", rich);
  event.preventDefault();
}

/** Copy without a selection: the clipboard takes both forms in a copy event, by TLS and without. */
function copy(content) {
  const give = (event) => {
    event.stopImmediatePropagation();
    put(event, content);
  };
  document.addEventListener("copy", give, { capture: true, once: true });
  const done = document.execCommand("copy");
  document.removeEventListener("copy", give, { capture: true });
  return done;
}

/** Make the buttons of a turn copy, and what is selected in its answer take its sources along. */
export function copies(turn) {
  const answer = turn.querySelector(".answer");
  const heard = turn.querySelector(".heard");
  const button = turn.querySelector(".copies");
  if (answer && button) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const done = copy(written([...answer.querySelectorAll(".said")].map(whole)));
      heard.textContent = done ? "Copied, with its sources." : "This browser does not let the page copy. Select the answer and copy it.";
    });
    answer.addEventListener("copy", (event) => {
      const selection = getSelection();
      const sentences = selection.rangeCount ? selected(answer, selection) : [];
      if (sentences.length) put(event, written(sentences));
    });
  }
  turn.querySelector(".shares")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { link } = event.submitter.dataset;
    const href = new URL(link, location.href).href;
    const response = await send(event.target.action, {}).catch(() => null);
    if (!response?.ok) {
      heard.textContent = "This could not be shared. Please try again.";
      return;
    }
    const copied = copy({ plain: href, rich: `<a href="${escaped(href)}">${escaped(href)}</a>` });
    const where = document.createElement("a");
    where.href = href;
    where.textContent = href;
    heard.replaceChildren(copied ? "Shared, and the link is copied: " : "Shared. The link: ", where);
    heard.append(". It opens for whoever may read every document that is cited; your record says who looked.");
  });
}
