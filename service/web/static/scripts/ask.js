// The page for staff: asks without leaving the page, says what is being done, puts the answer where that stood. Sentences
// that a language model writes come one by one, each checked and on record; whoever has enough stops it.
//
// A typed question stays in the box until its answer is there, so a lost connection loses nothing. Where the session has
// ended it is put into sessionStorage as the person leaves to sign in, and taken out again at once when this page is
// back: that storage is this tab's alone, is never sent, and no other place would survive the way to the provider.

import { cites } from "/scripts/cite.js";
import { copies } from "/scripts/copy.js";
import { formToken, send, writeTimes } from "/scripts/page.js";
import { closeSource } from "/scripts/source.js";
import { events } from "/scripts/stream.js";
import { tells } from "/scripts/tell.js";

const KEPT = "greenlit-unasked";
const STEPS = {
  understanding: "Reading the questions before it",
  looking: "Looking in the documents that you may read",
  drafting: "Writing down what they say",
  checking: "Checking the quotes",
  recording: "Putting it on record",
};
const STOP_AFTER_MS = 700; // most answers are there before
const COMING = "Written by a language model from approved passages; each sentence is checked before it is shown.";
const HERE = "What is shown was checked and is on record.";
const CUT = "The connection was lost before the end of the answer.";
const LOST = "The connection was lost, so there is no answer here. Your question is still in the box: ask again when you are connected.";
const BROKEN = "Something broke, and no answer is given. Your question is still in the box.";

const form = document.getElementById("ask");
const box = document.getElementById("question");
const turns = document.getElementById("turns");
const answered = document.getElementById("answered");
let busy = false;

/** Return an element with a class and a text. */
function made(name, className, text = "") {
  const one = document.createElement(name);
  one.className = className;
  one.textContent = text;
  return one;
}

/** Make what a turn holds work: chips, copying, feedback. */
function improve(turn) {
  cites(turn);
  copies(turn);
  tells(turn);
  writeTimes(turn);
}

/** Put a turn at the end that says what is being done, and return it; what comes of the answer is read out as it comes. */
function waiting(question, stop) {
  document.getElementById("start")?.remove();
  closeSource(); // of an earlier answer
  const turn = made("article", "turn waiting");
  const asked = made("h2", "asked", question);
  asked.dir = "auto";
  const status = made("p", "status", STEPS.looking);
  status.setAttribute("role", "status");
  const coming = made("div", "coming");
  coming.setAttribute("aria-live", "polite");
  turn.append(asked, coming, status);
  turns.append(turn);
  cites(turn);
  setTimeout(() => turn.classList.contains("waiting") && offersToStop(turn, stop), STOP_AFTER_MS);
  turn.scrollIntoView({ block: "start" });
  return turn;
}

function offersToStop(turn, stop) {
  const button = made("button", "second stops", "Stop");
  button.type = "button";
  button.addEventListener("click", stop);
  turn.append(button);
}

/** End a turn that waited. */
function ended(turn) {
  turn.querySelector(".stops")?.remove();
  turn.classList.remove("waiting");
}

/** Put a sentence that a model wrote under those before it; above the first, what they are. */
function comes(turn, { text, citations }) {
  const coming = turn.querySelector(".coming");
  if (!isPartThere(turn)) coming.append(made("p", "note by-model", COMING));
  const said = made("p", isPartThere(turn) ? "said" : "said lead");
  said.append(made("bdi", "words", text));
  for (const { n, url, title } of citations) {
    const chip = made("a", "chip", `[${n}]`);
    chip.href = url;
    chip.dataset.n = n;
    chip.setAttribute("aria-label", `Source ${n}: ${title}`);
    said.append("\u00a0", chip);
  }
  coming.append(said);
}

const isPartThere = (turn) => Boolean(turn.querySelector(".coming .said"));

/** Say that somebody stopped it; what was shown by then stays. */
function stopped(turn) {
  const words = isPartThere(turn) ? `Stopped. ${HERE}` : "Stopped before there was an answer.";
  const said = made("p", "note", words);
  said.setAttribute("role", "status");
  turn.querySelector(".status")?.replaceWith(said);
  ended(turn);
}

/** Put words in the place of a turn's status. */
function fail(turn, words, link) {
  const problem = made("section", "problem");
  problem.setAttribute("role", "alert");
  const said = made("p", "", words);
  if (link) said.append(" ", link);
  problem.append(said);
  if (isPartThere(turn)) said.append(` ${HERE}`);
  turn.querySelector(".status")?.replaceWith(problem);
  ended(turn);
}

/** Put an answer, made by the server, in the place of a turn that waits. */
function answer(turn, html) {
  const template = document.createElement("template");
  template.innerHTML = html; // our own template, in which every text is escaped; scripts in it would not run
  const made = template.content.querySelector(".turn");
  if (!made) return fail(turn, BROKEN);
  const read = isPartThere(turn);
  const focused = turn.contains(document.activeElement) && document.activeElement.dataset.n;
  turn.replaceWith(made);
  improve(made);
  if (focused) made.querySelector(`.chip[data-n="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  const { conversation } = made.dataset;
  if (conversation) {
    form.elements.conversation_id.value = conversation;
    if ("kept" in turns.dataset) history.replaceState(null, "", `/conversations/${encodeURIComponent(conversation)}`);
  }
  const news = read ? ".by-model > .note, .refusal h3, .missing" : ".by-model > .note, .lead .words, .refusal h3, .missing";
  const said = [...made.querySelectorAll(news)].map((one) => one.textContent.trim());
  const sources = made.querySelectorAll(".chip").length;
  if (sources) said.push(sources === 1 ? "1 quote." : `${sources} quotes.`);
  answered.textContent = said.join(" ");
  document.title = made.classList.contains("refused") ? "Refused · Greenlit" : "Answer · Greenlit";
  return made;
}

/** Return a link to sign in that brings the person back to this page, with what is typed. */
function signIn() {
  const link = made("a", "", "Sign in, and come back to it");
  link.href = `/sign-in?to=${encodeURIComponent(location.pathname)}`;
  link.addEventListener("click", () => sessionStorage.setItem(KEPT, box.value));
  return link;
}

/** Take a new token from this page's own address: somebody signed in anew, here or in another tab. */
async function renewToken() {
  const page = new DOMParser().parseFromString(await (await fetch("/")).text(), "text/html");
  const token = page.querySelector('input[name="form_token"]')?.value;
  if (token) for (const field of document.querySelectorAll('input[name="form_token"]')) field.value = token;
  return Boolean(token) && token !== "";
}

async function sent(fields, signal) {
  const how = { accept: "text/event-stream", signal };
  const response = await send("/", fields, how);
  return response.status === 403 && (await renewToken()) ? send("/", fields, how) : response;
}

/** Follow the events of an answer; returns the turn that the answer is in, or nothing. */
async function followed(turn, response) {
  let shown;
  for await (const { event, data } of events(response)) {
    const status = turn.querySelector(".status");
    if (event === "status" && status && STEPS[data.step]) status.textContent = STEPS[data.step];
    if (event === "sentence" && data.check === "supported") comes(turn, data);
    if (event === "page") shown = answer(turn, data.html);
    if (event === "error") return fail(turn, data.detail ?? BROKEN);
  }
  if (!shown) fail(turn, isPartThere(turn) ? CUT : LOST);
  return shown;
}

/** Take the last turn out of a whole page, or what the page says instead. */
function taken(turn, html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const last = [...page.querySelectorAll("#turns > .turn")].pop();
  const problem = page.querySelector("main .problem p");
  return problem ? fail(turn, problem.textContent) : answer(turn, last?.outerHTML ?? "");
}

/** What is logged has changed since it was confirmed here: show it first, and bring the question back afterwards. */
function confirmFirst(question) {
  sessionStorage.setItem(KEPT, question);
  location.assign("/");
}

function isBusy(now) {
  busy = now;
  form.classList.toggle("busy", now);
  form.querySelector('button[type="submit"]').ariaDisabled = String(now);
}

async function ask(question, more = {}) {
  if (busy || !question.trim()) return;
  isBusy(true);
  const leaving = new AbortController();
  const turn = waiting(question, () => leaving.abort());
  try {
    const fields = { question, conversation_id: form.elements.conversation_id.value, ...more };
    const response = await sent(fields, leaving.signal);
    const type = response.headers.get("content-type") ?? "";
    let shown;
    if (response.status === 428) return confirmFirst(question);
    if (response.status === 401) fail(turn, "Your session has ended. Your question is still in the box.", signIn());
    else if (type.startsWith("text/event-stream")) shown = await followed(turn, response);
    else if (type.startsWith("application/problem+json")) fail(turn, (await response.json()).detail ?? BROKEN);
    else shown = taken(turn, await response.text());
    if (shown && box.value.trim() === question.trim()) box.value = "";
  } catch {
    if (leaving.signal.aborted) stopped(turn);
    else fail(turn, isPartThere(turn) ? CUT : LOST);
  } finally {
    isBusy(false);
  }
}

/** What is asked by a form of this page: the box, a question to start with, "ask as typed". */
function onSubmit(event) {
  const sent = event.target;
  if (sent === form) {
    event.preventDefault();
    ask(box.value);
  } else if (sent.matches(".starts")) {
    event.preventDefault();
    ask(event.submitter.value);
  } else if (sent.matches(".as-typed")) {
    event.preventDefault();
    ask(sent.elements.question.value, { as_typed: "1" });
  }
}

function onKey(event) {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.key === "ArrowUp" && box.value === "") {
    const last = [...turns.querySelectorAll(".asked")].pop();
    if (!last) return;
    event.preventDefault();
    box.value = last.textContent.trim();
  }
}

if (form) {
  document.addEventListener("submit", onSubmit);
  box.addEventListener("keydown", onKey);
  const kept = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  if (kept && formToken()) box.value = kept;
}
for (const turn of turns?.querySelectorAll(".turn") ?? []) improve(turn);
document.addEventListener("keydown", (event) => event.key === "Escape" && !event.defaultPrevented && closeSource());
