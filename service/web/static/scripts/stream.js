// Server-sent events out of a response to a form: yields {event, data}, data parsed.

/** Yield each event of a response of the type text/event-stream. */
export async function* events(response) {
  const decoder = new TextDecoder();
  let left = "";
  for await (const piece of response.body) {
    left += decoder.decode(piece, { stream: true });
    const blocks = left.split("\n\n");
    left = blocks.pop();
    for (const block of blocks) {
      const read = { event: "message", data: "" };
      for (const line of block.split("\n")) {
        if (line.startsWith("event:")) read.event = line.slice(6).trim();
        if (line.startsWith("data:")) read.data += line.slice(5).trimStart();
      }
      if (read.data) yield { event: read.event, data: JSON.parse(read.data) };
    }
  }
}
