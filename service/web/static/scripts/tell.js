// Feedback and wishes: sent without leaving the page; what was done with them is said under the answer.

import { send } from "/scripts/page.js";

const LOST = "This could not be sent. What you wrote is still here: please try again.";

async function told(form) {
  const response = await send(form.action, new FormData(form));
  if (response.status === 401) return [false, "Your session has ended, so this was not sent. Please sign in again."];
  if (!response.ok) return [false, LOST];
  return [true, (await response.json()).told];
}

/** Make the forms of a turn send without leaving the page. */
export function tells(turn) {
  const heard = turn.querySelector(".heard");
  for (const form of turn.querySelectorAll("form.tells")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const [done, words] = await told(form).catch(() => [false, LOST]);
      heard.textContent = words;
      if (!done) return;
      form.reset();
      const closes = form.closest("details");
      if (closes) closes.open = false;
    });
  }
}
