package dev.sluice.wasm.testing;

import java.util.HashMap;
import java.util.Map;

/** Holds the instructions that {@link Wat} knows. */
final class WatOpcodes {
  static final Map<String, Integer> CODES = opcodes();

  private WatOpcodes() {}

  private static Map<String, Integer> opcodes() {
    var codes = new HashMap<String, Integer>();
    codes.put("unreachable", 0x00);
    codes.put("nop", 0x01);
    codes.put("br", 0x0c);
    codes.put("br_if", 0x0d);
    codes.put("return", 0x0f);
    codes.put("call", 0x10);
    codes.put("call_indirect", 0x11);
    codes.put("drop", 0x1a);
    codes.put("local.get", 0x20);
    codes.put("local.set", 0x21);
    codes.put("local.tee", 0x22);
    codes.put("global.get", 0x23);
    codes.put("global.set", 0x24);
    codes.put("i32.load", 0x28);
    codes.put("i64.load", 0x29);
    codes.put("i32.load8_u", 0x2d);
    codes.put("i32.store", 0x36);
    codes.put("i64.store", 0x37);
    codes.put("i32.store8", 0x3a);
    codes.put("memory.size", 0x3f);
    codes.put("memory.grow", 0x40);
    codes.put("i32.const", 0x41);
    codes.put("i64.const", 0x42);
    String[] comparisons = {
      "eqz", "eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"
    };
    for (int i = 0; i < comparisons.length; i++) {
      codes.put("i32." + comparisons[i], 0x45 + i);
      codes.put("i64." + comparisons[i], 0x50 + i);
    }
    String[] arithmetic = {
      "add", "sub", "mul", "div_s", "div_u", "rem_s", "rem_u", "and", "or", "xor", "shl"
    };
    for (int i = 0; i < arithmetic.length; i++) {
      codes.put("i32." + arithmetic[i], 0x6a + i);
    }
    codes.put("i64.add", 0x7c);
    codes.put("memory.copy", 0xfc0a);
    codes.put("memory.fill", 0xfc0b);
    return codes;
  }
}
