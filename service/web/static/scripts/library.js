// The library: titles are searched in the page. Where it has several pages, all titles are fetched at the first letter.

const MOST = 100; // matches shown
const find = document.getElementById("find");
const shelves = document.getElementById("shelves");
const matches = document.getElementById("matches");
const found = document.getElementById("found");
const pager = document.querySelector(".pager");
const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
let titles = null;

function rowsMatching(words) {
  let count = 0;
  for (const shelf of shelves.querySelectorAll(".shelf")) {
    let any = false;
    for (const row of shelf.querySelectorAll("tbody tr")) {
      const holds = words.every((word) => folded(row.cells[0].textContent).includes(word));
      row.hidden = !holds;
      any ||= holds;
      count += holds;
    }
    shelf.hidden = !any;
  }
  return count;
}

async function allTitles() {
  titles ??= fetch("/documents", { headers: { "Greenlit-Part": "titles" } }).then((response) => {
    if (!response.ok) throw new Error(`status ${response.status}`);
    return response.json();
  });
  return titles;
}

function item(one) {
  const line = document.createElement("li");
  const link = document.createElement("a");
  link.href = `/documents/${one.document.split("/").map(encodeURIComponent).join("/")}`;
  const title = document.createElement("bdi");
  title.textContent = one.title;
  link.append(title);
  const note = document.createElement("span");
  note.className = "note";
  const name = document.createElement("bdi");
  name.textContent = one.document;
  note.append(" ", name, ` · until ${one.until}`);
  line.append(link, note);
  return line;
}

async function search() {
  const words = folded(find.value).split(/\s+/).filter(Boolean);
  const many = Number(shelves.dataset.pages) > 1;
  let count = 0;
  if (many && words.length) {
    const all = await allTitles().catch(() => null);
    if (!all) {
      titles = null;
      found.textContent = "The titles cannot be fetched now. Please try again.";
      return;
    }
    const holding = all.filter((one) => words.every((word) => folded(`${one.title} ${one.document}`).includes(word)));
    count = holding.length;
    matches.replaceChildren(...holding.slice(0, MOST).map(item));
  } else if (!many) count = rowsMatching(words);
  matches.hidden = !(many && words.length);
  shelves.hidden = many && words.length > 0;
  if (pager) pager.hidden = shelves.hidden;
  if (!words.length) found.textContent = "";
  else if (!count) found.textContent = "No title holds this.";
  else found.textContent = `${count} ${count === 1 ? "document" : "documents"}${many && count > MOST ? `, the first ${MOST} are shown` : ""}`;
}

if (find) {
  find.closest(".find").hidden = false;
  find.addEventListener("input", search);
}
