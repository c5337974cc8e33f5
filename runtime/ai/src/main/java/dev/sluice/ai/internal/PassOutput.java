package dev.sluice.ai.internal;

import dev.sluice.ai.AiError;
import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.AiProtocol;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.Usage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Hands a response on in the provider's own bytes, changed only where plugins changed a text. What
 * only closes a part of a stream waits for the next frame, so that text that a plugin held back can
 * still go before it.
 */
final class PassOutput extends ReplyOutput {
  private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);

  /** Is a text that a frame holds. */
  private static final class Target {
    final Reply.Delta delta;
    String text;
    boolean changed;

    Target(Reply.Delta delta) {
      this.delta = delta;
      this.text = textOf(delta.event());
    }
  }

  /** Is a frame that waits, with the texts in it that repeat others. */
  private record Waiting(byte[] bytes, List<Repeat> repeats) {}

  private record Repeat(int start, int end, String key) {}

  private final AiProtocol protocol;
  private final boolean stripUsage;
  private final int maxText;
  private final List<Waiting> waiting = new ArrayList<>();
  private final Map<String, StringBuilder> sent = new HashMap<>();
  private final Set<String> changedKeys = new HashSet<>();
  private final @Nullable ArrayText array;
  private boolean ended;

  /**
   * @param array whether frames are elements of an array, not server-sent events
   */
  PassOutput(AiProtocol protocol, boolean stripUsage, int maxText, boolean array) {
    this.protocol = protocol;
    this.array = array ? new ArrayText(out) : null;
    this.stripUsage = stripUsage;
    this.maxText = maxText;
  }

  @Override
  void write(List<Decided> decided, ReplyReader reader, @Nullable Frames frame) {
    var before = new Bytes(16);
    var after = new Bytes(16);
    var splices = new Splices();
    var repeats = new ArrayList<Repeat>();
    var targets = new ArrayList<Target>();
    for (Decided one : decided) {
      if (one.reply() instanceof Reply.Delta delta) {
        var target = new Target(delta);
        if (one.replacement() != null) {
          replace(target, one.replacement(), targets, reader, before);
        }
        targets.add(target);
      } else if (one.reply() instanceof Reply.Echo(int node, String key)) {
        repeats.add(new Repeat(reader.tape.start(node), reader.tape.end(node), key));
      }
    }
    for (Target target : targets) {
      settle(target, reader, splices, after);
    }
    if (frame == null) {
      body(reader, splices, before, after);
      return;
    }
    add(before);
    if (reader.closing && frame.dataLines() == 1) {
      wait(frame, repeats);
      return;
    }
    flush();
    for (Repeat repeat : repeats) {
      if (changedKeys.contains(repeat.key)) {
        splices.replace(repeat.start, repeat.end, JsonText.quote(sentText(repeat.key).toString()));
      }
    }
    if (!stripUsage || !withoutUsage(reader.tape, splices)) {
      frame(frame, reader.tape, splices);
    }
    add(after);
  }

  private void add(Bytes frames) {
    if (array == null) {
      out.put(frames.toByteArray());
    } else {
      array.add(frames.toByteArray());
    }
  }

  private void body(ReplyReader reader, Splices splices, Bytes before, Bytes after) {
    if (before.size() > 0 || after.size() > 0) {
      throw new IllegalArgumentException(
          "a text was added to a response that has no place for it (expected: one that it has)");
    }
    splices.apply(reader.tape.bytes, 0, reader.tape.size, out);
    if (array != null) {
      array.isNone();
    }
  }

  private void replace(
      Target target,
      List<AiEvent> replacement,
      List<Target> earlier,
      ReplyReader reader,
      Bytes before) {
    var text = new StringBuilder();
    AiEvent own = target.delta.event();
    for (AiEvent event : replacement) {
      if (event instanceof AiEvent.UsageReport) {
        continue;
      }
      if (event instanceof AiEvent.Finish finish) {
        if (own instanceof AiEvent.Finish was && !was.reason().equals(finish.reason())) {
          target.text = finish.reason();
          target.changed = true;
        }
      } else if (sameText(own, event)) {
        text.append(textOf(event));
      } else {
        add(event, earlier, reader, before);
      }
    }
    boolean holdsText = own instanceof AiEvent.TextDelta || own instanceof AiEvent.ToolCallDelta;
    if (holdsText && !target.text.contentEquals(text)) {
      target.text = text.toString();
      target.changed = true;
    }
  }

  /** Adds a text to the last one of its kind in this frame, or sends a frame with it before. */
  private void add(AiEvent event, List<Target> earlier, ReplyReader reader, Bytes before) {
    for (int i = earlier.size() - 1; i >= 0; i--) {
      Target target = earlier.get(i);
      if (sameText(target.delta.event(), event)) {
        target.text += textOf(event);
        target.changed = true;
        return;
      }
    }
    int size = before.size();
    reader.synthesize(event, before);
    if (before.size() == size) {
      throw new IllegalArgumentException(
          "event: " + event + " (expected: one that adds to what " + protocol.id() + " sent)");
    }
    if (reader instanceof ResponsesReplies responses) {
      String key = responses.keyOf(event);
      remember(key, textOf(event));
      changedKeys.add(key);
    }
  }

  private void settle(Target target, ReplyReader reader, Splices splices, Bytes after) {
    Reply.Delta delta = target.delta;
    if (!delta.key().isEmpty()) {
      remember(delta.key(), target.text);
    }
    if (!target.changed) {
      return;
    }
    JsonTape tape = reader.tape;
    int node = delta.node();
    if (node < 0) {
      if (!(delta.event() instanceof AiEvent.Finish)) {
        reader.synthesize(delta.event(), after);
      }
      return;
    }
    String text = target.text;
    byte[] json;
    if (delta.event() instanceof AiEvent.Finish) {
      json = JsonText.quote(FinishReasons.in(protocol, text));
    } else if (tape.isString(node)) {
      json = JsonText.quote(text);
    } else {
      json = Arguments.object(text, "a tool's arguments").getBytes(StandardCharsets.UTF_8);
    }
    splices.replace(tape.start(node), tape.end(node), json);
    if (delta.shadow() >= 0) {
      splices.replace(tape.start(delta.shadow()), tape.end(delta.shadow()), emptied(tape, delta));
    }
    if (!delta.key().isEmpty()) {
      changedKeys.add(delta.key());
    }
  }

  private static byte[] emptied(JsonTape tape, Reply.Delta delta) {
    return tape.isArray(delta.shadow()) ? "[]".getBytes(StandardCharsets.US_ASCII) : NULL;
  }

  private void remember(String key, String text) {
    StringBuilder all = sentText(key);
    if (text.length() > maxText - all.length()) {
      throw new AiFormatException(
          AiFormatException.Kind.TOO_LARGE,
          "a text of the response: over " + maxText + " characters (expected: at most that)");
    }
    all.append(text);
  }

  private StringBuilder sentText(String key) {
    return sent.computeIfAbsent(key, unused -> new StringBuilder());
  }

  private void wait(Frames frame, List<Repeat> repeats) {
    int start = frame.frameStart();
    var bytes = Arrays.copyOfRange(frame.buffer(), start, frame.frameEnd());
    int shift = frame.dataStart(0) - start;
    waiting.add(
        new Waiting(
            bytes,
            repeats.stream()
                .map(repeat -> new Repeat(repeat.start + shift, repeat.end + shift, repeat.key))
                .toList()));
  }

  private void flush() {
    for (Waiting one : waiting) {
      var splices = new Splices();
      for (Repeat repeat : one.repeats) {
        if (changedKeys.contains(repeat.key)) {
          splices.replace(
              repeat.start, repeat.end, JsonText.quote(sentText(repeat.key).toString()));
        }
      }
      splices.apply(one.bytes, 0, one.bytes.length, out);
    }
    waiting.clear();
  }

  private void frame(Frames frame, JsonTape tape, Splices splices) {
    if (array != null) {
      array.element(frame, splices.apply(tape.bytes, 0, tape.size));
    } else if (splices.isEmpty()) {
      out.put(frame.buffer(), frame.frameStart(), frame.frameEnd() - frame.frameStart());
    } else if (frame.dataLines() == 1) {
      out.put(frame.buffer(), frame.frameStart(), frame.dataStart(0) - frame.frameStart());
      splices.apply(tape.bytes, 0, tape.size, out);
      out.put(frame.buffer(), frame.dataEnd(0), frame.frameEnd() - frame.dataEnd(0));
    } else {
      Sse.rewrite(frame, splices.apply(tape.bytes, 0, tape.size), out);
    }
  }

  /** Takes out the usage that the client did not ask for; returns whether nothing is left. */
  private static boolean withoutUsage(JsonTape tape, Splices splices) {
    int usage = tape.find(0, "usage");
    if (usage < 0) {
      return false;
    }
    int choices = tape.find(0, "choices");
    if (tape.isObject(usage) && tape.isArray(choices) && tape.length(choices) == 0) {
      return true;
    }
    int key = usage - 1;
    if (key > 1) {
      int before = 1;
      while (tape.next(before + 1) < key) {
        before = tape.next(before + 1);
      }
      splices.replace(tape.end(before + 1), tape.end(usage), new byte[0]);
    } else if (tape.next(usage) < tape.next(0)) {
      splices.replace(tape.start(key), tape.start(tape.next(usage)), new byte[0]);
    } else {
      splices.replace(tape.start(key), tape.end(usage), new byte[0]);
    }
    return false;
  }

  private static boolean sameText(AiEvent one, AiEvent other) {
    if (one instanceof AiEvent.TextDelta a && other instanceof AiEvent.TextDelta b) {
      return a.choice() == b.choice() && a.place().equals(b.place());
    }
    return one instanceof AiEvent.ToolCallDelta a
        && other instanceof AiEvent.ToolCallDelta b
        && a.choice() == b.choice()
        && a.call() == b.call();
  }

  private static String textOf(AiEvent event) {
    return switch (event) {
      case AiEvent.TextDelta delta -> delta.text();
      case AiEvent.ToolCallDelta delta -> delta.arguments();
      case AiEvent.Finish finish -> finish.reason();
      case AiEvent.UsageReport report -> "";
    };
  }

  @Override
  void silent(Frames frame) {
    if (array != null) {
      array.closed(frame);
      return;
    }
    out.put(frame.buffer(), frame.frameStart(), frame.frameEnd() - frame.frameStart());
  }

  @Override
  void end(Usage usage) {
    if (!ended) {
      ended = true;
      flush();
      if (array != null) {
        array.end();
      }
    }
  }

  @Override
  void fail(AiError error) {
    if (!ended) {
      ended = true;
      flush();
      if (array != null) {
        array.fail(Errors.body(protocol, error));
        return;
      }
      if (unfinished) {
        out.put("\n\n");
      }
      Errors.frame(protocol, error, out);
    }
  }
}
