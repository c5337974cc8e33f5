package dev.sluice.polyglot.internal;

import java.util.List;
import java.util.Map;

/**
 * Says how plugins of one language are read and run.
 *
 * @param id GraalVM's name of the language
 * @param prelude the resource that makes the world of a plugin
 * @param mimeType how GraalVM is to read a script
 * @param suffixes how names of files of the language end, the usual one first
 * @param options options of its contexts
 */
public record ScriptLanguage(
    String id,
    String prelude,
    String mimeType,
    List<String> suffixes,
    Map<String, String> options) {
  /** ES modules on GraalJS. */
  public static final ScriptLanguage JAVASCRIPT =
      new ScriptLanguage(
          "js",
          "prelude.js",
          "application/javascript+module",
          List.of(".js", ".mjs"),
          Map.ofEntries(
              Map.entry("js.esm-eval-returns-exports", "true"),
              Map.entry("js.text-encoding", "true"),
              Map.entry("js.unhandled-rejections", "handler"),
              Map.entry("js.disable-eval", "true"),
              Map.entry("js.polyglot-builtin", "false"),
              Map.entry("js.java-package-globals", "false"),
              Map.entry("js.load", "false"),
              Map.entry("js.print", "false"),
              Map.entry("js.console", "false"),
              Map.entry("js.agent-can-block", "false"),
              Map.entry("js.shared-array-buffer", "false"),
              Map.entry("js.atomics", "false"),
              // One step of a script must not be able to ask for more than the heap has: allocation
              // is
              // watched between steps only.
              Map.entry("js.string-length-limit", "16777216"),
              Map.entry("js.max-typed-array-length", "16777216"),
              Map.entry("js.max-apply-argument-length", "100000"),
              Map.entry("js.max-prototype-chain-length", "1000"),
              Map.entry("js.locale", "en-US"),
              Map.entry("js.timezone", "UTC")));

  /** Python files on GraalPy. */
  public static final ScriptLanguage PYTHON =
      new ScriptLanguage(
          "python",
          "prelude.py",
          "text/x-python",
          List.of(".py"),
          Map.ofEntries(
              Map.entry("python.PosixModuleBackend", "java"),
              Map.entry("python.DontWriteBytecodeFlag", "true")));
}
