// Reads server-sent events off the body of a response to fetch: for requests that EventSource cannot send.

/**
 * Yield each event of a response as `{ event, data }`, with `data` parsed as JSON; comments are passed over.
 *
 * Lines end in CR, LF or both, and come in pieces of any size. What is not followed by an empty line before the body
 * ends is no event, as the specification has it. Whoever stops before the end lets the service know that they have left.
 */
export async function* events(response) {
  const reader = response.body.getReader();
  try {
    let name = "";
    let data = [];
    for await (const line of lines(reader)) {
      if (line === "") {
        if (data.length) yield { event: name || "message", data: JSON.parse(data.join("\n")) };
        name = "";
        data = [];
        continue;
      }
      const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
      if (field === "event") name = value;
      else if (field === "data") data.push(value);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

async function* lines(reader) {
  const decoder = new TextDecoder();
  let rest = "";
  let halfEnd = false; // a CR was last: the LF of the same end may come next
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    let text = decoder.decode(value, { stream: true });
    if (!text) continue;
    if (halfEnd && text.startsWith("\n")) text = text.slice(1);
    halfEnd = text.endsWith("\r");
    const whole = (rest + text).split(/\r\n|\n|\r/);
    rest = whole.pop();
    yield* whole;
  }
}
