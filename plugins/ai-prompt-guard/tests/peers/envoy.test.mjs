// The guard in a real Envoy 1.40, between a real client and a real upstream. Needs Envoy: in $ENVOY, or in the
// repository's .peers folder (.ci/peers puts it there). Without it the tests are skipped, or fail with PEERS=required.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chunk, event, HELLO, read } from "../guard.mjs";

const REPOSITORY = fileURLToPath(new URL("../../../../", import.meta.url));
const WASM = fileURLToPath(new URL("../../build/plugin.wasm", import.meta.url));
const ENVOY = process.env.ENVOY ?? findEnvoy(join(REPOSITORY, ".peers"));
const skip = ENVOY && existsSync(ENVOY) ? false : "no Envoy (set ENVOY, or run .ci/peers)";
if (skip && process.env.PEERS === "required") throw new Error(skip);

function findEnvoy(folder) {
  const ends = ["site-packages", "envoy", "_bin", "envoy"];
  if (!existsSync(folder)) return undefined;
  const path = readdirSync(folder, { recursive: true }).find((file) => file.endsWith(join(...ends)));
  return path && join(folder, path);
}

const folder = mkdtempSync(join(tmpdir(), "guard-envoy-"));
const received = [];
let upstream, envoy, port, log = "";

before(async () => {
  if (skip) return;
  upstream = http.createServer(onRequest);
  await new Promise((done) => upstream.listen(0, "127.0.0.1", done));
  port = await freePort();
  const file = join(folder, "envoy.json");
  writeFileSync(file, JSON.stringify(config(port, upstream.address().port)));
  envoy = spawn(ENVOY, ["-c", file, "--concurrency", "1", "--base-id", String(process.pid % 1_000_000), "--log-level", "info"]);
  envoy.stderr.on("data", (text) => (log += text));
  for (let i = 0; i < 200 && (await ask(HELLO).catch(() => null)) === null; i++) {
    await new Promise((done) => setTimeout(done, 50));
  }
}, { timeout: 30_000 });

after(() => {
  envoy?.kill();
  upstream?.close();
  upstream?.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

test("denies a prompt", { skip }, async () => {
  received.length = 0;
  const { status, body } = await ask({ messages: [{ role: "user", content: "what is Project BLUEBIRD?" }] });
  assert.equal(status, 400);
  assert.equal(JSON.parse(body).error.code, "content_filter");
  assert.ok(received.every((r) => !/bluebird/i.test(r)), "the upstream saw the prompt");
  await logged(/request refused: phrase 0 in messages\.\[0\]/);
});

test("refuses a body that it cannot read", { skip }, async () => {
  assert.equal((await ask("{nonsense")).status, 400);
  assert.equal((await ask(HELLO, { "content-type": "text/plain" })).status, 415);
});

test("passes a harmless prompt and masks the answer", { skip }, async () => {
  const { status, body, headers } = await ask({ ...HELLO, answer: "json" });
  assert.equal(status, 200);
  assert.equal(JSON.parse(body).choices[0].message.content, "see *** there");
  assert.equal(headers["content-encoding"], undefined);
});

test("masks a streamed answer, event by event", { skip }, async () => {
  const { status, body, pieces } = await ask({ ...HELLO, answer: "events" });
  assert.equal(status, 200);
  const { texts, done } = read(body);
  assert.equal(texts[0], "I know *** well, and prospects");
  assert.ok(done);
  assert.ok(pieces > 5, `${pieces} pieces`);
});

test("stays healthy over a thousand requests", { skip }, async () => {
  for (let i = 0; i < 1_000; i++) assert.equal((await ask({ ...HELLO, answer: "json" })).status, 200);
  assert.doesNotMatch(log, /\[critical\]|wasm_fail/);
});

// Envoy's answer may be here before its log line is.
async function logged(line) {
  for (let i = 0; i < 600 && !line.test(log); i++) await new Promise((done) => setTimeout(done, 50));
  assert.match(log, line);
}

function onRequest(request, response) {
  let body = "";
  request.on("data", (data) => (body += data));
  request.on("close", () => received.push(body));
  request.on("end", () => {
    const wanted = JSON.parse(body).answer;
    if (wanted === "events") return stream(response);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ id: "c", choices: [{ index: 0, message: { role: "assistant", content: "see project bluebird there" } }] }));
  });
}

async function stream(response) {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const texts = [..."I know project bluebird well, and prospects"];
  const bytes = Buffer.from([...texts.map((content) => chunk({ content })), chunk({}, { finish_reason: "stop" }), "[DONE]"].map((e) => event(e)).join(""));
  for (let at = 0; at < bytes.length; at += 997) {
    response.write(bytes.subarray(at, at + 997));
    await new Promise((done) => setTimeout(done, 2));
  }
  response.end();
}

function ask(body, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: "127.0.0.1", port, method: "POST", path: "/v1/chat/completions",
      headers: { "content-type": "application/json", "accept-encoding": "gzip", ...headers } }, (response) => {
      let text = "", pieces = 0;
      response.on("data", (data) => ((text += data), pieces++));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body: text, pieces }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(typeof body === "string" ? body : JSON.stringify(body));
  });
}

async function freePort() {
  const server = http.createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port: free } = server.address();
  await new Promise((done) => server.close(done));
  return free;
}

function config(listen, target) {
  const type = (name) => `type.googleapis.com/envoy.extensions.${name}`;
  const address = (port_value) => ({ socket_address: { address: "127.0.0.1", port_value } });
  const guard = {
    name: "guard", vm_config: { runtime: "envoy.wasm.runtime.v8", code: { local: { filename: WASM } } },
    configuration: { "@type": "type.googleapis.com/google.protobuf.StringValue", value: JSON.stringify({ deny: { phrases: ["project bluebird"] } }) },
  };
  return {
    static_resources: {
      listeners: [{ name: "web", address: address(listen), filter_chains: [{ filters: [{
        name: "http", typed_config: {
          "@type": type("filters.network.http_connection_manager.v3.HttpConnectionManager"), stat_prefix: "web",
          route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster: "llm" } }] }] },
          http_filters: [
            { name: "guard", typed_config: { "@type": type("filters.http.wasm.v3.Wasm"), config: guard } },
            { name: "router", typed_config: { "@type": type("filters.http.router.v3.Router") } },
          ],
        } }] }] }],
      clusters: [{ name: "llm", type: "STATIC", load_assignment: { cluster_name: "llm",
        endpoints: [{ lb_endpoints: [{ endpoint: { address: address(target) } }] }] } }],
    },
  };
}
