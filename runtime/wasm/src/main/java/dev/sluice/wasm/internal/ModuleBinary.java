package dev.sluice.wasm.internal;

import dev.sluice.plugin.PluginException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Is a module as bytes, cut into its sections: enough to say what a foreign or truncated file is,
 * and to leave out the code once it has been compiled.
 */
final class ModuleBinary {
  /** The most local variables of a function; as in V8. */
  private static final int MAX_LOCALS = 50_000;

  private static final int CUSTOM = 0;
  private static final int CODE = 10;
  private static final byte[] MAGIC = {0, 'a', 's', 'm'};

  /** A section's id and where its content lies. */
  private record Span(int id, int start, int end) {}

  private final String name;
  private final byte[] bytes;
  private final List<Span> sections = new ArrayList<>();
  private int position;

  private ModuleBinary(String name, byte[] bytes) {
    this.name = name;
    this.bytes = bytes;
  }

  /**
   * Cuts a module into sections.
   *
   * @param name names the file in messages
   * @throws PluginException with kind LOAD when it is no WebAssembly module or is cut off
   */
  static ModuleBinary of(String name, byte[] bytes) {
    var module = new ModuleBinary(name, bytes);
    module.checkHeader();
    module.findSections();
    return module;
  }

  /** Returns the module as it is. */
  byte[] bytes() {
    return bytes;
  }

  private void checkHeader() {
    if (bytes.length < 8 || !Arrays.equals(bytes, 0, 4, MAGIC, 0, 4)) {
      throw refused("found " + describe() + " (expected: a WebAssembly module, \\0asm version 1)");
    }
    int version = GuestMemory.get32(bytes, 4);
    if (version == 0x0001000d) {
      throw refused(
          "found a WebAssembly component (expected: a core module; build without wasip2)");
    }
    if (version != 1) {
      throw refused("found WebAssembly version " + version + " (expected: 1)");
    }
    position = 8;
  }

  private void findSections() {
    while (position < bytes.length) {
      int at = position;
      int id = bytes[position++];
      long size = readUnsigned();
      if (size > bytes.length - position) {
        throw refused(
            "found section "
                + id
                + " at byte "
                + at
                + " with "
                + size
                + " bytes, but the file ends after "
                + (bytes.length - position)
                + " (expected: a whole module; it is truncated)");
      }
      int start = position;
      int end = start + (int) size;
      checkCount(id, start, end);
      if (id == CODE) {
        checkLocals(start, end);
      }
      sections.add(new Span(id, start, end));
      position = end;
    }
  }

  /** Refuses counts that no section of this size can hold, before a parser allocates for them. */
  private void checkCount(int id, int start, int end) {
    if (id == CUSTOM || start == end) {
      return;
    }
    position = start;
    long count = readUnsigned();
    if (id != 8 && id != 12 && count > end - start) {
      throw refused(
          "section " + id + " claims " + count + " entries in " + (end - start) + " bytes");
    }
  }

  private void checkLocals(int start, int end) {
    position = start;
    long functions = readUnsigned();
    for (long i = 0; i < functions; i++) {
      long size = readUnsigned();
      if (size > end - position) {
        throw refused("function body " + i + " reaches beyond the code section");
      }
      int body = position;
      long groups = readUnsigned();
      long locals = 0;
      for (long group = 0; group < groups && position < end; group++) {
        locals += readUnsigned();
        if (locals > MAX_LOCALS) {
          throw refused("function body " + i + " has more than " + MAX_LOCALS + " local variables");
        }
        position++;
      }
      position = body + (int) size;
    }
  }

  /**
   * Returns the module with the bodies of its own functions replaced by {@code unreachable}, but
   * for those that will be interpreted: what an instance of compiled code needs, at a fraction of
   * the memory and parsing time. Custom sections other than "name" are left out.
   *
   * @param interpreted indexes among the module's own functions
   */
  byte[] withoutCode(Set<Integer> interpreted) {
    var out = new ByteArrayOutputStream(bytes.length / 4);
    out.write(bytes, 0, 8);
    for (Span section : sections) {
      if (section.id() == CODE) {
        byte[] code = stubs(section, interpreted);
        out.write(CODE);
        writeUnsigned(out, code.length);
        out.writeBytes(code);
      } else if (section.id() != CUSTOM || isNameSection(section)) {
        out.write(section.id());
        writeUnsigned(out, section.end() - section.start());
        out.write(bytes, section.start(), section.end() - section.start());
      }
    }
    return out.toByteArray();
  }

  private byte[] stubs(Span code, Set<Integer> interpreted) {
    var out = new ByteArrayOutputStream();
    position = code.start();
    int functions = (int) readUnsigned();
    writeUnsigned(out, functions);
    for (int i = 0; i < functions; i++) {
      int size = (int) readUnsigned();
      if (interpreted.contains(i)) {
        writeUnsigned(out, size);
        out.write(bytes, position, size);
      } else {
        out.writeBytes(new byte[] {3, 0, 0, 0x0b});
      }
      position += size;
    }
    return out.toByteArray();
  }

  private boolean isNameSection(Span section) {
    position = section.start();
    long length = readUnsigned();
    return length == 4
        && section.end() - position >= 4
        && "name".equals(new String(bytes, position, 4, StandardCharsets.UTF_8));
  }

  private long readUnsigned() {
    long value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      if (position >= bytes.length) {
        throw refused("the file ends inside a number at byte " + position + " (truncated)");
      }
      byte next = bytes[position++];
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value & 0xFFFFFFFFL;
      }
    }
    throw refused("malformed number at byte " + (position - 5));
  }

  private static void writeUnsigned(ByteArrayOutputStream out, int value) {
    int rest = value;
    while (rest >>> 7 != 0) {
      out.write((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
  }

  private String describe() {
    if (bytes.length == 0) {
      return "an empty file";
    }
    if (startsWith(0x1f, 0x8b)) {
      return "a gzip file";
    }
    if (startsWith('P', 'K', 3, 4)) {
      return "a zip or jar file";
    }
    if (startsWith(0x7f, 'E', 'L', 'F')) {
      return "an ELF binary";
    }
    if (startsWith('<') || startsWith('{') || startsWith('(') || startsWith('/')) {
      int shown = Math.min(bytes.length, 24);
      String start = new String(bytes, 0, shown, StandardCharsets.US_ASCII);
      return "text that begins with \"" + start.replaceAll("\\p{Cntrl}|\"", ".") + "\"";
    }
    var hex = new StringBuilder();
    for (int i = 0; i < Math.min(bytes.length, 8); i++) {
      hex.append(i == 0 ? "" : " ").append(String.format("%02x", bytes[i]));
    }
    return bytes.length + " bytes that begin with " + hex;
  }

  private boolean startsWith(int... prefix) {
    for (int i = 0; i < prefix.length; i++) {
      if (i >= bytes.length || (bytes[i] & 0xff) != prefix[i]) {
        return false;
      }
    }
    return true;
  }

  private PluginException refused(String why) {
    return new PluginException(PluginException.Kind.LOAD, name + ": " + why);
  }
}
