"""The script that reads events off the body of a response, in node: however the body is cut into pieces."""

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import service.web

NODE = shutil.which("node")
SCRIPT = Path(service.web.__file__).parent / "static" / "scripts" / "stream.js"
STREAM = (
    "\ufeff: ping\n\nevent: status\ndata: {}\n\n"
    'event:sentence\r\ndata: {"text":\r\ndata:  "Größe \U0001f600"}\r\nid: 7\r\n\r\n'
    ": a comment\rdata: [\rdata\rdata: 1]\r\revent: empty\n\n"
    'event: done\ndata: {"n": 2}\n\n'
    "event: cut\ndata: {}\n"
)
# Every way to cut it into two pieces, and one byte at a time; says what was read, once for each that differs.
READ = """
const { events } = await import(`data:text/javascript;base64,${process.argv[1]}`);
const stream = Buffer.from(process.argv[2], "base64");
const read = async (pieces) => {
  const found = [];
  for await (const event of events(new Response(ReadableStream.from(pieces)))) found.push(event);
  return JSON.stringify(found);
};
const seen = new Set();
for (let at = 0; at <= stream.length; at++) seen.add(await read([stream.subarray(0, at), stream.subarray(at)]));
seen.add(await read(Array.from(stream, (_, at) => stream.subarray(at, at + 1))));
let cancelled = false;
const endless = new ReadableStream({
  pull: (controller) => controller.enqueue(Buffer.from("data: 1\\n\\n")),
  cancel: () => { cancelled = true; },
});
for await (const _ of events(new Response(endless))) break;
console.log(JSON.stringify({ seen: [...seen].map((one) => JSON.parse(one)), cancelled }));
"""


@pytest.mark.skipif(NODE is None, reason="there is no node on this machine")
def test_events_are_read_however_their_bytes_come() -> None:
    assert NODE
    given = [_base64(SCRIPT.read_bytes()), _base64(STREAM.encode())]
    command = [NODE, "--input-type=module", "--eval", READ, *given]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    assert said["seen"] == [
        [
            {"event": "status", "data": {}},
            {"event": "sentence", "data": {"text": "Größe \U0001f600"}},
            {"event": "message", "data": [1]},
            {"event": "done", "data": {"n": 2}},
        ]
    ]
    assert said["cancelled"], "whoever stops reading lets the service know"


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
