import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, guard } from "./guard.mjs";

test("folds case as Unicode does", async () => {
  // Every letter whose simple lower case differs, spelt in upper case in the phrase and in lower case in the prompt.
  const letters = [];
  for (let c = 0x80; c < 0x1f000; c++) {
    if (c >= 0xd800 && c < 0xe000) continue;
    const upper = String.fromCodePoint(c), lower = upper.toLowerCase();
    if (upper !== lower && [...lower].length === 1 && new RegExp(`^${lower}$`, "iu").test(upper)) letters.push([upper, lower]);
  }
  assert.ok(letters.length > 1_300, `${letters.length}`);
  const host = await guard({ deny: { phrases: letters.map(([upper]) => `<${upper}>`) } });
  for (const [upper, lower] of letters) {
    const exchange = ask(host, { messages: [{ content: `<${lower}>` }] });
    assert.ok(exchange.localResponse, `U+${upper.codePointAt(0).toString(16)} ${upper} ${lower}`);
    exchange.close();
  }
  for (const other of ["ı", "i̇", "ss", "ﬀ", "a"]) {
    assert.equal(ask(host, { messages: [{ content: `<${other}>` }] }).localResponse, null, other);
  }
});
