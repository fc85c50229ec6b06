// Copying: an answer takes its lists, its numbers and its sources along, as Markdown and as rich text, and who wrote it
// where a language model did; all of it also what its sources do not mention and what was not looked up.

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

const numbers = (chips) => chips.map((chip) => ` [${chip.dataset.n}]`).join("");

/** Return what stands in front of a line where lines are text: the mark of an item, the number of a step. */
function mark(line) {
  if (!line.matches("li")) return "";
  return line.parentElement.matches("ol") ? `${line.value}. ` : "- ";
}

/** Return the lines of a sentence as Markdown; a paragraph beside a list stands apart from it. */
function plainly({ lines, more }) {
  const parts = lines.map((line, at) => {
    const apart = at ? (line.mark && lines[at - 1].mark ? "\n" : "\n\n") : "";
    return `${apart}${line.mark}${square(line.text)}${numbers(line.chips)}`;
  });
  return parts.join("") + (more ? `\n\n(and ${more} more)` : "");
}

/** Return the same as HTML. */
function richly({ lines, more }) {
  const parts = lines.map((line, at) => {
    const text = `${escaped(line.text)}${numbers(line.chips)}`;
    if (!line.list) return `<p>${text}</p>`;
    const begins = lines[at - 1]?.list !== line.list ? `<${line.list}>` : "";
    const ends = lines[at + 1]?.list !== line.list ? `</${line.list}>` : "";
    return `${begins}<li${line.list === "ol" ? ` value="${Number.parseInt(line.mark, 10)}"` : ""}>${text}</li>${ends}`;
  });
  return parts.join("") + (more ? `<p>(and ${more} more)</p>` : "");
}

/** Return sentences with numbers and the list of their sources, as Markdown and as HTML: `first` above, `note` between. */
function written(sentences, first, note = "") {
  const listed = sources(sentences.flatMap(({ lines }) => lines.flatMap(({ chips }) => chips)));
  const plain = [
    ...(first ? [square(first)] : []),
    ...sentences.map(plainly),
    ...(note ? [square(note)] : []),
    listed.map((one) => `[${one.n}] ${square(one.title)}, ${square(one.note)} <${one.href}>`).join("\n"),
  ].join("\n\n");
  const rich = [
    ...(first ? [`<p>${escaped(first)}</p>`] : []),
    ...sentences.map(richly),
    ...(note ? [`<p>${escaped(note)}</p>`] : []),
    ...listed.map((one) => `<p>[${one.n}] <a href="${escaped(one.href)}">${escaped(one.title)}</a>, ${escaped(one.note)}</p>`),
  ].join("");
  return { plain, rich };
}

/** Return a sentence as it stands on the page. */
function whole(said) {
  const lines = [...said.querySelectorAll(".words")].map((words) => {
    const line = words.parentElement;
    const list = line.matches("li") ? line.parentElement.localName : "";
    return { words, text: words.textContent, mark: mark(line), list, chips: [...line.querySelectorAll(".chip")] };
  });
  return { lines, more: said.querySelector(".rest")?.dataset.more ?? "" };
}

/** Return a line cut to what of it is selected; an empty text if nothing is. */
function cut(line, range) {
  if (!range.intersectsNode(line.words)) return { ...line, text: "" };
  const part = document.createRange();
  part.selectNodeContents(line.words);
  if (part.comparePoint(range.startContainer, range.startOffset) === 0) part.setStart(range.startContainer, range.startOffset);
  if (part.comparePoint(range.endContainer, range.endOffset) === 0) part.setEnd(range.endContainer, range.endOffset);
  return { ...line, text: part.toString().trim() };
}

/** Return the sentences of an answer that a selection touches, cut to what is selected. */
function selected(answer, selection) {
  const range = selection.getRangeAt(0);
  return [...answer.querySelectorAll(".said")].flatMap((said) => {
    const { lines, more } = whole(said);
    const touched = lines.map((line) => cut(line, range)).filter(({ text }) => text);
    const rest = said.querySelector(".rest");
    return touched.length ? [{ lines: touched, more: rest && range.intersectsNode(rest) ? more : "" }] : [];
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
  const first = [...turn.querySelectorAll(".by-model > .note")].map((line) => line.textContent.trim()).join(" ");
  if (answer && button) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const missing = [...turn.querySelectorAll(".missing")].map((line) => line.textContent.trim()).join(" ");
      const done = copy(written([...answer.querySelectorAll(".said")].map(whole), first, missing));
      heard.textContent = done ? "Copied, with its sources." : "This browser does not let the page copy. Select the answer and copy it.";
    });
    answer.addEventListener("copy", (event) => {
      const selection = getSelection();
      const sentences = selection.rangeCount ? selected(answer, selection) : [];
      if (sentences.length) put(event, written(sentences, first));
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
