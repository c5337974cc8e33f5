package dev.sluice.control;

import dev.sluice.wasm.testing.Wat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Makes small plugins. */
final class Guests {
  private Guests() {}

  /**
   * Puts a plugin that adds {@code x-plugin: label} to responses into a folder; returns its url.
   */
  static String file(Path folder, String label) {
    return file(folder, label + ".wasm", labelling(label));
  }

  /** Puts a module into a folder and returns its url. */
  static String file(Path folder, String name, byte[] module) {
    try {
      return "file:" + Files.write(folder.resolve(name), module);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Returns a plugin that adds {@code x-plugin: label} to responses and counts them in the counter
   * {@code labelled.responses}.
   */
  static byte[] labelling(String label) {
    return Wat.assemble(
        """
        (module
          (import "env" "proxy_add_header_map_value"
            (func $add (param i32 i32 i32 i32 i32) (result i32)))
          (import "env" "proxy_define_metric" (func $define (param i32 i32 i32 i32) (result i32)))
          (import "env" "proxy_increment_metric" (func $increment (param i32 i64) (result i32)))
          (memory (export "memory") 2)
          (data (i32.const 16) "x-plugin")
          (data (i32.const 64) "labelled.responses")
          (data (i32.const 128) "%s")
          (func (export "proxy_abi_version_0_2_1"))
          (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 65536))
          (func (export "proxy_on_configure") (param i32 i32) (result i32)
            (drop (call $define (i32.const 0) (i32.const 64) (i32.const 18) (i32.const 96)))
            (i32.const 1))
          (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
            (drop (call $increment (i32.load (i32.const 96)) (i64.const 1)))
            (drop
              (call $add (i32.const 2) (i32.const 16) (i32.const 8) (i32.const 128) (i32.const %d)))
            (i32.const 0)))
        """
            .formatted(label, label.length()));
  }
}
