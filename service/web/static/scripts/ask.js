// The page for staff: asks without leaving the page, says what is being done, puts the answer where that stood.
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
  looking: "Looking in the documents that you may read",
  checking: "Checking the quotes",
  recording: "Putting it on record",
};
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

/** Put a turn at the end that says what is being done, and return it. */
function waiting(question) {
  document.getElementById("start")?.remove();
  closeSource(); // of an earlier answer
  const turn = made("article", "turn waiting");
  const asked = made("h2", "asked", question);
  asked.dir = "auto";
  const status = made("p", "status", STEPS.looking);
  status.setAttribute("role", "status");
  turn.append(asked, status);
  turns.append(turn);
  turn.scrollIntoView({ block: "start" });
  return turn;
}

/** Put words in the place of a turn's status. */
function fail(turn, words, link) {
  const problem = made("section", "problem");
  problem.setAttribute("role", "alert");
  const said = made("p", "", words);
  if (link) said.append(" ", link);
  problem.append(said);
  turn.querySelector(".status")?.replaceWith(problem);
  turn.classList.remove("waiting");
}

/** Put an answer, made by the server, in the place of a turn that waits. */
function answer(turn, html) {
  const template = document.createElement("template");
  template.innerHTML = html; // our own template, in which every text is escaped; scripts in it would not run
  const made = template.content.querySelector(".turn");
  if (!made) return fail(turn, BROKEN);
  turn.replaceWith(made);
  improve(made);
  const { conversation } = made.dataset;
  if (conversation) {
    form.elements.conversation_id.value = conversation;
    if ("kept" in turns.dataset) history.replaceState(null, "", `/conversations/${encodeURIComponent(conversation)}`);
  }
  const said = [...made.querySelectorAll(".lead .words, .refusal h3, .missing")].map((one) => one.textContent.trim());
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

async function sent(fields) {
  const accept = { accept: "text/event-stream" };
  const response = await send("/", fields, accept);
  return response.status === 403 && (await renewToken()) ? send("/", fields, accept) : response;
}

/** Follow the events of an answer; returns the turn that the answer is in, or nothing. */
async function followed(turn, response) {
  let shown;
  for await (const { event, data } of events(response)) {
    const status = turn.querySelector(".status");
    if (event === "status" && status && STEPS[data.step]) status.textContent = STEPS[data.step];
    if (event === "page") shown = answer(turn, data.html);
    if (event === "error") return fail(turn, data.detail ?? BROKEN);
  }
  if (!shown) fail(turn, LOST);
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

async function ask(question, more = {}) {
  if (busy || !question.trim()) return;
  busy = true;
  form.classList.add("busy");
  const turn = waiting(question);
  try {
    const response = await sent({ question, conversation_id: form.elements.conversation_id.value, ...more });
    const type = response.headers.get("content-type") ?? "";
    let shown;
    if (response.status === 428) return confirmFirst(question);
    if (response.status === 401) fail(turn, "Your session has ended. Your question is still in the box.", signIn());
    else if (type.startsWith("text/event-stream")) shown = await followed(turn, response);
    else if (type.startsWith("application/problem+json")) fail(turn, (await response.json()).detail ?? BROKEN);
    else shown = taken(turn, await response.text());
    if (shown && box.value.trim() === question.trim()) box.value = "";
  } catch {
    fail(turn, LOST);
  } finally {
    busy = false;
    form.classList.remove("busy");
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
