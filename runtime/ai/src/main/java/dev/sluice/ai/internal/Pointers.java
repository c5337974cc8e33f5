package dev.sluice.ai.internal;

/** Makes JSON pointers (RFC 6901). */
final class Pointers {
  private Pointers() {}

  static String child(String parent, String key) {
    return parent + "/" + escape(key);
  }

  static String child(String parent, int index) {
    return parent + "/" + index;
  }

  /** Returns the pointer to a key of the innermost open object, while the text is being read. */
  static String of(JsonTape tape, int[] open, int depth, int key) {
    var pointer = new StringBuilder();
    for (int level = 0; level < depth; level++) {
      int inner = level + 1 < depth ? open[level + 1] : key;
      pointer.append('/').append(step(tape, open[level], inner));
    }
    return pointer.toString();
  }

  /** Returns the step from an open container to what is open in it. */
  private static String step(JsonTape tape, int container, int inner) {
    int child = container + 1;
    int position = 0;
    if (tape.kind(container) == JsonTape.ARRAY) {
      for (; child < inner; child = tape.next(child)) {
        position++;
      }
      return Integer.toString(position);
    }
    return escape(tape.text(tape.kind(inner) == JsonTape.KEY ? inner : inner - 1));
  }

  private static String escape(String key) {
    return key.indexOf('~') < 0 && key.indexOf('/') < 0
        ? key
        : key.replace("~", "~0").replace("/", "~1");
  }
}
