package dev.sluice.wasm.internal;

import dev.sluice.plugin.host.Patterns;
import dev.sluice.plugin.host.Patterns.Match;
import dev.sluice.plugin.host.Patterns.Pattern;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Answers {@code sluice.patterns.*} (plugin-sdk/ABI.md, "Patterns"). */
final class PatternCalls {
  private static final int MAX_PATTERNS = 10_000;
  private static final int MAX_TEXT = 1 << 20;
  private static final int MAX_MATCHES = 65_536;
  private static final int IGNORE_CASE = 1;
  private static final int WHOLE_WORD = 2;

  private PatternCalls() {}

  static void register(Map<String, ForeignCalls.ForeignFunction> functions) {
    functions.put("sluice.patterns.compile", PatternCalls::compile);
    functions.put("sluice.patterns.scan", PatternCalls::scan);
    functions.put("sluice.patterns.free", PatternCalls::free);
    functions.put("sluice.patterns.open", PatternCalls::open);
    functions.put("sluice.patterns.feed", PatternCalls::feed);
    functions.put("sluice.patterns.close", PatternCalls::close);
  }

  private static int compile(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    int count = in.u32();
    if (count < 0 || count > MAX_PATTERNS) {
      throw new ForeignCalls.LimitReached(
          Integer.toUnsignedString(count) + " patterns (expected: at most " + MAX_PATTERNS + ")");
    }
    var patterns = new ArrayList<Pattern>();
    long text = 0;
    for (int i = 0; i < count; i++) {
      int kind = in.u8();
      int flags = in.u8();
      String pattern = in.string();
      text += pattern.length();
      if (kind > 1 || (flags & ~(IGNORE_CASE | WHOLE_WORD)) != 0) {
        throw new WireReader.Malformed(
            "pattern "
                + i
                + ": kind "
                + kind
                + ", flags "
                + flags
                + " (expected: kind 0 or 1, flags 0 to 3)");
      }
      patterns.add(
          new Pattern(
              kind == 0 ? Patterns.Kind.LITERAL : Patterns.Kind.EXPRESSION,
              pattern,
              (flags & IGNORE_CASE) != 0,
              (flags & WHOLE_WORD) != 0));
    }
    in.finish();
    if (text > MAX_TEXT) {
      throw new ForeignCalls.LimitReached(
          text + " characters of patterns (expected: at most " + MAX_TEXT + ")");
    }
    if (patterns.isEmpty()) {
      throw new WireReader.Malformed("no patterns (expected: at least one)");
    }
    StackReserve.check();
    int set = vm.patterns().add(service(vm).compile(patterns));
    return new WireWriter(8).u32(set).give(vm, addressOut, sizeOut);
  }

  private static int scan(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    int set = in.u32();
    int limit = in.u32();
    byte[] text = in.bytes();
    in.finish();
    int most = limit <= 0 || limit > MAX_MATCHES ? MAX_MATCHES : limit;
    List<Match> matches = vm.patterns().get(set).scan(text, most);
    var answer = new WireWriter(8 + 12 * matches.size()).u32(matches.size());
    for (Match match : matches) {
      answer.u32(match.pattern()).u32((int) match.start()).u32((int) match.end());
    }
    return answer.give(vm, addressOut, sizeOut);
  }

  private static int free(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    int set = in.u32();
    in.finish();
    vm.patterns().free(set);
    return new WireWriter(1).give(vm, addressOut, sizeOut);
  }

  private static int open(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    int set = in.u32();
    in.finish();
    var context = vm.active();
    if (context == null) {
      throw new WireReader.Malformed("called while the VM starts (expected: in a context)");
    }
    return new WireWriter(8).u32(vm.patterns().open(context, set)).give(vm, addressOut, sizeOut);
  }

  private static int feed(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    int id = in.u32();
    byte[] piece = in.bytes();
    int end = in.u8();
    in.finish();
    var stream = vm.patterns().stream(id);
    if (end > 1) {
      throw new WireReader.Malformed("end: " + end + " (expected: 0 or 1)");
    }
    if (stream.endedBefore(end == 1)) {
      throw new WireReader.Malformed("scan " + id + " was fed after its end");
    }
    List<Match> matches = stream.scan().feed(piece, end == 1);
    var answer = new WireWriter(16 + 20 * matches.size());
    answer.u64(stream.scan().safe()).u32(matches.size());
    for (Match match : matches) {
      answer.u32(match.pattern()).u64(match.start()).u64(match.end());
    }
    return answer.give(vm, addressOut, sizeOut);
  }

  private static int close(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    int stream = in.u32();
    in.finish();
    vm.patterns().close(stream);
    return new WireWriter(1).give(vm, addressOut, sizeOut);
  }

  private static Patterns service(GuestVm vm) {
    var context = vm.active();
    return context == null
        ? vm.context().services().patterns()
        : context.root().services().patterns();
  }
}
