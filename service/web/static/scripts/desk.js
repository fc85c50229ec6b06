// The desk: opens documents beside the list, decides in place, tells when what was approved is in the index, uploads.
// Without it every link and form leads to a whole page that does the same.

import { formToken, writeTimes } from "/scripts/page.js";

const POLL_MS = 2000;
const POLL_FOR_MS = 300000;
const UNREAD_MS = 3000;
const UNREAD_LOOKS = 100;
const WIDE = window.matchMedia("(min-width: 1100px)");
const PART = { "Greenlit-Part": "document" };
const detail = document.querySelector("#detail");
const said = document.querySelector("#said");

function say(words) {
  if (said) said.textContent = words;
}

/** Return the rows of the list, in order. */
function rows() {
  return [...document.querySelectorAll(".row-of")];
}

function rowOf(name) {
  return rows().find((row) => row.dataset.document === name);
}

// Opening

async function open(address, { push = true } = {}) {
  detail.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(address, { headers: PART });
    show(await response.text(), response.url);
    if (push) history.pushState({}, "", response.url);
  } catch {
    location.assign(address);
  } finally {
    detail.removeAttribute("aria-busy");
  }
}

/** Put a document, or a page that says one thing, into the pane. */
function show(html, address, { focus = true } = {}) {
  const came = new DOMParser().parseFromString(html, "text/html");
  const part = came.querySelector("article.document") ?? came.querySelector("main > *");
  if (!part) {
    location.assign(address);
    return;
  }
  looks = 0;
  detail.replaceChildren(document.adoptNode(part));
  detail.scrollTop = 0;
  writeTimes(detail);
  arrange();
  if (focus) detail.focus({ preventScroll: true });
  const name = part.dataset.document;
  for (const row of rows()) {
    row.classList.toggle("here", row.dataset.document === name);
    const link = row.querySelector("a");
    if (row.dataset.document === name) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  document.querySelector("main").classList.add("opened");
  if (waiting().length) poll();
  say(part.querySelector("[role=alert], [role=status]")?.textContent ?? part.querySelector("h2")?.textContent ?? "");
}

/** What the pane's forms get from a script: a way back, and the sentence that says what will be done. */
function arrange() {
  for (const button of detail.querySelectorAll(".back-out")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const act = button.closest("details");
      act.open = false;
      act.querySelector("summary").focus();
    });
  }
  for (const form of detail.querySelectorAll(".act-form")) form.addEventListener("input", () => sentence(form));
  for (const act of detail.querySelectorAll("details.act")) {
    act.addEventListener("toggle", () => {
      if (!act.open) return;
      for (const other of detail.querySelectorAll("details.act")) if (other !== act) other.open = false;
      act.querySelector("button[type=submit]")?.scrollIntoView({ block: "nearest" });
    });
  }
}

function sentence(form) {
  const until = form.querySelector("[data-says=expires]");
  if (!until) return;
  const day = form.elements.expires.valueAsDate;
  const format = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  until.textContent = day ? format.format(day) : "…";
  const groups = [...form.querySelectorAll("[name=groups]:checked")].map((box) => box.value);
  form.querySelector("[data-says=groups]").textContent = groups.join(", ") || "nobody";
}

// Deciding

async function decide(form) {
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  const headers = { ...PART, "Greenlit-Form-Token": formToken() };
  try {
    const body = new URLSearchParams(new FormData(form));
    const response = await fetch(form.action, { method: "POST", body, headers });
    show(await response.text(), response.url);
    if (response.redirected) {
      history.replaceState({}, "", response.url);
      settle(detail.querySelector("article.document"));
    }
  } catch {
    button.disabled = false;
    say("The connection was lost: nothing was decided, as far as can be told. Open the document again.");
    const problem = document.createElement("p");
    problem.className = "problem";
    problem.textContent = said.textContent;
    form.append(problem);
  }
}

/** Mark the row of a document that was decided on; it stays until the page is loaded anew. */
function settle(article) {
  const row = article && rowOf(article.dataset.document);
  if (!row) return;
  row.classList.add("settled");
  const box = row.querySelector("input[type=checkbox]");
  box.checked = false;
  box.disabled = true;
  marked();
  const standing = article.dataset.standing;
  const waits = "waits" in article.dataset;
  row.querySelector(".why").textContent = waits ? "approved; in the index in a few seconds" : standing;
  if (waits) {
    row.dataset.waits = `${article.dataset.version}.${article.dataset.document}`;
    poll();
  }
}

// In the index since

let polling = 0;

function waiting() {
  const asked = new Set(rows().map((row) => row.dataset.waits).filter(Boolean));
  const article = detail?.querySelector("article[data-waits]");
  if (article) asked.add(`${article.dataset.version}.${article.dataset.document}`);
  return [...asked].slice(0, 50);
}

function poll() {
  if (polling) return;
  const until = Date.now() + POLL_FOR_MS;
  const look = async () => {
    const asked = waiting();
    if (!asked.length || Date.now() > until) {
      polling = 0;
      return;
    }
    try {
      const query = new URLSearchParams(asked.map((one) => ["document", one]));
      const response = await fetch(`/desk/worker?${query}`);
      if (response.ok) tell(asked, await response.json());
    } catch {
      // tried again
    }
    polling = window.setTimeout(look, POLL_MS);
  };
  polling = window.setTimeout(look, 300);
}

function tell(asked, worker) {
  for (const one of asked) {
    const name = one.slice(one.indexOf(".") + 1);
    const found = worker.documents[name];
    const row = rows().find((each) => each.dataset.waits === one);
    const line = detail.querySelector(`[data-index-of="${CSS.escape(one)}"]`);
    if (found?.in_index) {
      if (row) {
        since(row.querySelector(".why"), "in the index since ", found.since);
        delete row.dataset.waits;
      }
      if (line) {
        since(line, "In the index since ", found.since);
        delete line.closest("article").dataset.waits;
      }
      say(`${name} is in the index`);
    } else if (line) {
      line.textContent = doing(worker);
    }
  }
}

function doing(worker) {
  if (worker.problem) return `Not in the index yet. The worker says: ${worker.problem}`;
  if (worker.doing === null) return "Not in the index yet; it will be in a few seconds.";
  if (!worker.running) return "Not in the index yet: the worker is not running. Please tell whoever runs Greenlit.";
  if (worker.doing === "waiting") return "Not in the index yet; it will be in a few seconds.";
  const what = worker.doing === "building" ? "makes the new index" : "reads documents";
  return `Not in the index yet: the worker ${what} (${worker.done} of ${worker.total}).`;
}

function since(place, words, moment) {
  const time = document.createElement("time");
  time.dateTime = moment;
  time.title = `${moment.slice(0, 19).replace("T", " ")} UTC`;
  const written = new Date(moment);
  const today = written.toDateString() === new Date().toDateString();
  time.textContent = written.toLocaleString(undefined, today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
  place.replaceChildren(words, time);
}

// Read since

let looks = 0;

/** While the worker has not read what is open, look again, unless somebody has begun to decide. */
async function lookAgain() {
  const article = detail?.querySelector("article[data-unread]");
  if (!article || looks >= UNREAD_LOOKS || detail.querySelector("details.act[open]")) return;
  looks += 1;
  try {
    const response = await fetch(location.href, { headers: PART });
    const html = await response.text();
    const same = detail.querySelector("article[data-unread]") === article && !detail.querySelector("details.act[open]");
    if (response.ok && same && !html.includes(" data-unread")) show(html, response.url, { focus: false });
  } catch {
    // looked at again
  }
}

// The list

function move(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const open = all.findIndex((row) => row.classList.contains("here"));
  const from = at >= 0 ? at : open;
  const to = Math.min(Math.max(from + step, 0), all.length - 1);
  all[to].querySelector("a").focus();
}

function marked() {
  const form = document.querySelector(".rows");
  if (!form) return;
  const count = form.querySelectorAll("[name=document]:checked").length;
  for (const button of form.querySelectorAll(".bulk button")) {
    const name = button.value[0].toUpperCase() + button.value.slice(1);
    button.textContent = count ? `${name} ${count} …` : `${name} …`;
    button.disabled = !count;
  }
  form.querySelector("#bulk-note").textContent = count ? "With the marked ones:" : "Mark some to decide on several at once.";
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "x") document.activeElement.closest(".row-of")?.querySelector("input:enabled")?.click();
  else return;
  event.preventDefault();
});

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || !WIDE.matches) return;
  const link = event.target.closest(".row-of a, .views a:not([target]), .detail .next-row");
  if (!link || !detail) return;
  event.preventDefault();
  if (!link.matches(".next-row")) open(link.href);
  else next();
});

/** Open the next row that is not decided yet. */
function next() {
  const all = rows();
  const at = all.findIndex((row) => row.classList.contains("here"));
  const following = [...all.slice(at + 1), ...all.slice(0, Math.max(at, 0))].find((row) => !row.classList.contains("settled"));
  if (following) open(following.querySelector("a").href);
  else location.assign("/desk");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches(".act-form")) {
    event.preventDefault();
    decide(form);
  } else if (form.matches(".upload-form")) {
    event.preventDefault();
    upload(form);
  }
});

document.addEventListener("change", (event) => {
  if (event.target.matches(".rows [name=document]")) marked();
  if (event.target.matches(".upload-form [name=file], .upload-form [name=source]")) forget(event.target.form);
});

window.addEventListener("popstate", () => location.reload());

// Uploading

function forget(form) {
  form.querySelector("[name=replaces]")?.remove();
  form.querySelector("button[type=submit]").textContent = "Upload";
  form.querySelector(".upload-told").replaceChildren();
}

function toldOf(form, words, kind) {
  const line = document.createElement("p");
  line.textContent = words;
  if (kind) line.className = kind;
  form.querySelector(".upload-told").replaceChildren(line);
}

async function upload(form) {
  const file = form.elements.file.files[0];
  const most = Number(form.dataset.most);
  if (!file) return;
  if (file.size > most) {
    toldOf(form, `The file is too large: ${(file.size / 1e6).toFixed(1)} MB, at most ${most / 1e6} MB are taken.`, "problem");
    return;
  }
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  toldOf(form, `Sending ${file.name} (${(file.size / 1e6).toFixed(1)} MB) …`);
  const body = new FormData();
  for (const [name, value] of new FormData(form)) if (name !== "file") body.append(name, value);
  body.append("file", file); // behind the fields, which are looked at first
  try {
    const response = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    const answer = await response.json();
    if (answer.to) {
      location.assign(answer.to);
      return;
    }
    const came = new DOMParser().parseFromString(answer.html ?? "", "text/html").body;
    if (answer.html) form.querySelector(".upload-told").replaceChildren(...came.childNodes);
    else toldOf(form, answer.detail ?? "The file was not taken.", "problem");
    writeTimes(form);
    button.scrollIntoView({ block: "nearest" });
    form.querySelector("[name=replaces]")?.remove();
    if (answer.replaces) {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name: "replaces", value: answer.replaces });
      form.prepend(field);
      button.textContent = "Replace it";
    } else {
      button.textContent = "Upload";
    }
  } catch {
    toldOf(form, "The file did not arrive: the connection was lost, or you are signed out. Try again.", "problem");
  } finally {
    button.disabled = false;
  }
}

if (detail) {
  const keys = document.querySelector(".keys");
  if (keys) keys.hidden = false;
  arrange();
  marked();
  if (waiting().length) poll();
  window.setInterval(lookAgain, UNREAD_MS);
}
