// What every page does with a script: times are written in the reader's zone, UTC stays in their title.

const written = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Write each `<time data-when>` below `root` in the reader's zone. */
export function writeTimes(root) {
  for (const time of root.querySelectorAll("time[data-when]")) {
    const moment = new Date(time.dateTime);
    if (!Number.isNaN(moment.getTime())) time.textContent = written.format(moment);
  }
}

/** Return the token that a form of this page brings back, for requests made by scripts. */
export function formToken() {
  return document.querySelector('input[name="form_token"]')?.value ?? "";
}

/** Send a form of fields as the page's own forms are sent; returns the response. */
export function send(address, fields, { accept = "application/json", signal } = {}) {
  const headers = { Accept: accept, "Greenlit-Form-Token": formToken() };
  return fetch(address, { method: "POST", body: new URLSearchParams(fields), headers, signal, redirect: "follow" });
}

writeTimes(document);
