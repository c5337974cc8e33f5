// WebSocket over HTTP/2 (RFC 8441), by Node's own HTTP/2 and a few lines of RFC 6455.
//
//   node websocket.mjs serve            serves on a free port, prints it, sends frames back until its input ends
//   node websocket.mjs talk URL         holds a conversation with a server that sends frames back; exits with 0 or 1
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import http2 from "node:http2";

const CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;

/** Returns a frame, masked as clients do where it says so. */
function frame(opcode, payload, { masked = false, last = true } = {}) {
  const data = Buffer.from(payload);
  const extended = data.length < 126 ? 0 : data.length < 65536 ? 2 : 8;
  const head = Buffer.alloc(2 + extended);
  head[0] = (last ? 0x80 : 0) | opcode;
  head[1] = (masked ? 0x80 : 0) | (extended === 0 ? data.length : extended === 2 ? 126 : 127);
  if (extended === 2) head.writeUInt16BE(data.length, 2);
  if (extended === 8) head.writeBigUInt64BE(BigInt(data.length), 2);
  if (!masked) return Buffer.concat([head, data]);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, data.map((octet, i) => octet ^ mask[i & 3])]);
}

/** Yields the frames of a stream. */
async function* frames(stream, { masked }) {
  let left = Buffer.alloc(0);
  for await (const piece of stream) {
    left = Buffer.concat([left, piece]);
    for (;;) {
      if (left.length < 2) break;
      assert.equal((left[1] & 0x80) !== 0, masked, "the mask bit");
      let length = left[1] & 0x7f, at = 2;
      const extended = length === 126 ? 2 : length === 127 ? 8 : 0;
      if (left.length < at + extended + (masked ? 4 : 0)) break;
      if (extended === 2) length = left.readUInt16BE(at);
      if (extended === 8) length = Number(left.readBigUInt64BE(at));
      at += extended;
      const mask = masked ? left.subarray(at, (at += 4)) : undefined;
      if (left.length < at + length) break;
      let payload = left.subarray(at, at + length);
      if (mask) payload = payload.map((octet, i) => octet ^ mask[i & 3]);
      yield { opcode: left[0] & 0x0f, last: (left[0] & 0x80) !== 0, payload };
      left = left.subarray(at + length);
    }
  }
  assert.equal(left.length, 0, "octets after the last frame");
}

async function serve() {
  const server = http2.createServer({ settings: { enableConnectProtocol: true } });
  server.on("stream", async (stream, headers) => {
    stream.on("error", () => {});
    if (headers[":method"] !== "CONNECT" || headers[":protocol"] !== "websocket") {
      stream.respond({ ":status": 404 });
      stream.end();
      return;
    }
    stream.respond({ ":status": 200, "sec-websocket-protocol": "echo" });
    try {
      for await (const { opcode, last, payload } of frames(stream, { masked: true })) {
        const answer = opcode === PING ? PONG : opcode;
        if (!stream.write(frame(answer, payload, { last }))) await once(stream, "drain");
        if (opcode === CLOSE) stream.end(); // to leave the loop would destroy the stream
      }
    } catch {
      stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
    }
  });
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
  process.stdin.on("end", () => process.exit(0)).resume();
}

async function talk(url) {
  const session = http2.connect(url, { rejectUnauthorized: false });
  session.on("error", (error) => fail(error));
  const [settings] = await once(session, "remoteSettings");
  assert.equal(settings.enableConnectProtocol, true, "SETTINGS_ENABLE_CONNECT_PROTOCOL");
  const stream = session.request(
    {
      ":method": "CONNECT", ":protocol": "websocket", ":path": "/chat",
      "sec-websocket-version": "13", "sec-websocket-protocol": "echo",
    },
    { endStream: false },
  );
  const [headers] = await once(stream, "response");
  assert.equal(headers[":status"], 200);
  assert.equal(headers["sec-websocket-protocol"], "echo");
  assert.equal(headers["upgrade"], undefined);
  assert.equal(headers["connection"], undefined);
  const incoming = frames(stream, { masked: false })[Symbol.asyncIterator]();
  const next = async () => (await incoming.next()).value;
  const say = (opcode, payload, last = true) => stream.write(frame(opcode, payload, { masked: true, last }));

  for (let i = 0; i < 50; i++) {
    say(TEXT, `message ${i}`);
    const { opcode, payload } = await next();
    assert.deepEqual([opcode, payload.toString()], [TEXT, `message ${i}`]);
  }
  for (const size of [0, 125, 126, 65535, 65536, 1 << 20]) {
    const data = randomBytes(size);
    say(BINARY, data);
    const { opcode, payload } = await next();
    assert.equal(opcode, BINARY);
    assert.ok(data.equals(payload), `${size} octets`);
  }
  say(TEXT, "two ", false);
  say(CONTINUATION, "pieces");
  assert.deepEqual([(await next()).payload.toString(), (await next()).payload.toString()], ["two ", "pieces"]);
  say(PING, "p");
  const pong = await next();
  assert.deepEqual([pong.opcode, pong.payload.toString()], [PONG, "p"]);

  const other = session.request({ ":path": "/elsewhere" });
  const [plain] = await once(other, "response");
  assert.equal(plain[":status"], 404);
  other.resume();

  say(CLOSE, Buffer.from([0x0f, 0xa0, ...Buffer.from("bye")]));
  const close = await next();
  assert.deepEqual([close.opcode, close.payload.readUInt16BE(0), close.payload.subarray(2).toString()], [CLOSE, 4000, "bye"]);
  stream.end();
  assert.equal((await incoming.next()).done, true, "frames after close");
  session.close();
}

function fail(error) {
  console.error(error);
  process.exit(1);
}

const [mode, url] = process.argv.slice(2);
(mode === "serve" ? serve() : talk(url)).catch(fail);
setTimeout(() => fail(new Error("not done after 4 minutes")), 240_000).unref();
