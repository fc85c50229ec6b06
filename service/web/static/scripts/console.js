// The console: copying commands, a button that says it works, and how far the log is verified. All of it works without.

const POLL_MS = 700;

for (const button of document.querySelectorAll("[data-copies]")) {
  const source = document.getElementById(button.dataset.copies);
  if (!source || !navigator.clipboard) continue;
  const name = button.innerHTML;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(source.textContent.trim());
    button.textContent = "Copied";
    setTimeout(() => { button.innerHTML = name; }, 2000);
  });
}

for (const button of document.querySelectorAll("button[data-busy]")) {
  button.form.addEventListener("submit", () => {
    button.textContent = button.dataset.busy;
    button.setAttribute("aria-busy", "true");
    setTimeout(() => { button.disabled = true; });
  });
}

const running = document.querySelector("[data-running]");
if (running) follow(running);

async function follow(place) {
  const bar = place.querySelector("progress");
  const words = place.querySelector("[data-so-far]");
  for (;;) {
    await new Promise((done) => setTimeout(done, POLL_MS));
    const response = await fetch("/audit/verify", { headers: { Accept: "application/json" } }).catch(() => null);
    if (!response) continue;
    const soFar = response.ok ? await response.json() : { state: "none" };
    if (soFar.state !== "running") break;
    if (soFar.of) {
      bar.max = soFar.of;
      bar.value = soFar.at;
      words.textContent = `${soFar.at.toLocaleString()} of ${soFar.of.toLocaleString()} records`;
    }
  }
  location.assign("/audit/verify");
}
